//! Durations, sorted.

use std::time::Duration;

/// Durations that were measured.
#[derive(Debug, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The duration that `percent` of all stay under, in microseconds; 0 without any.
    pub(crate) fn percentile_us(&self, percent: usize) -> f64 {
        let index = self.0.len().saturating_sub(1) * percent / 100;
        self.0.get(index).map_or(0.0, |d| d.as_secs_f64() * 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let sample = Sample::new((1..=101).rev().map(Duration::from_micros).collect());
        assert_eq!(sample.percentile_us(50), 51.0);
        assert_eq!(sample.percentile_us(99), 100.0);
        assert_eq!(Sample::default().percentile_us(99), 0.0);
    }
}
