//! Sizes of tasks.
//!
//! Source: Amazon ECS Developer Guide, "Task definition parameters", "Task size"; "Troubleshoot
//! Amazon ECS task definition invalid CPU or memory errors".

use rolecall_base::AwsError;

use crate::errors;

/// The CPU units of a task: `256`, `.25 vCPU`, `1 vCPU`.
pub(crate) fn cpu_units(text: &str) -> Result<u32, AwsError> {
    let invalid = || errors::client("Invalid 'cpu' setting for task.");
    let units = units(text, &[("vcpus", 1024.0), ("vcpu", 1024.0)]).ok_or_else(invalid)?;
    // On EC2: between 0.125 and 192 vCPUs.
    (128..=196_608)
        .contains(&units)
        .then_some(units)
        .ok_or_else(invalid)
}

/// The memory of a task in MiB: `512`, `1GB`, `1 GB`.
pub(crate) fn memory_mib(text: &str) -> Result<u32, AwsError> {
    let invalid = || errors::client("Invalid 'memory' setting for task.");
    let suffixes = [("gib", 1024.0), ("gb", 1024.0), ("mib", 1.0), ("mb", 1.0)];
    let mib = units(text, &suffixes).ok_or_else(invalid)?;
    if mib == 0 { Err(invalid()) } else { Ok(mib) }
}

/// A number with one of the suffixes, or without any; a whole one after scaling.
fn units(text: &str, suffixes: &[(&str, f64)]) -> Option<u32> {
    let lower = text.trim().to_ascii_lowercase();
    let found = suffixes
        .iter()
        .find_map(|(s, scale)| Some((lower.strip_suffix(s)?, *scale)));
    let (number, scale) = found.unwrap_or((&lower, 1.0));
    let number = number.trim();
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = number.parse::<f64>().ok().filter(|_| plain)? * scale;
    let whole = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
    whole.then_some(value as u32)
}

/// Whether Fargate has tasks of this size.
///
/// Source: Amazon ECS Developer Guide, "Task CPU and memory" for Fargate.
pub(crate) fn fargate_has(cpu: u32, memory_mib: u32) -> bool {
    let steps = |from: u32, to: u32, step: u32| {
        (from..=to).contains(&memory_mib) && (memory_mib - from).is_multiple_of(step)
    };
    match cpu {
        256 => matches!(memory_mib, 512 | 1024 | 2048),
        512 => steps(1024, 4096, 1024),
        1024 => steps(2048, 8192, 1024),
        2048 => steps(4096, 16_384, 1024),
        4096 => steps(8192, 30_720, 1024),
        8192 => steps(16_384, 61_440, 4096),
        16_384 => steps(32_768, 122_880, 8192),
        _ => false,
    }
}

/// AWS's error when Fargate has no tasks of this size.
pub(crate) fn no_fargate_size(cpu: u32, memory_mib: u32) -> AwsError {
    errors::client(format!(
        "No Fargate configuration exists for given values: {cpu} CPU, {memory_mib} memory. See \
         the Amazon ECS documentation for the valid values."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_units_or_with_suffixes() {
        let cpu = [
            ("256", 256),
            (".25 vCPU", 256),
            ("1 vcpu", 1024),
            ("2 vCPUs", 2048),
        ];
        for (text, units) in cpu {
            assert_eq!(cpu_units(text), Ok(units), "{text}");
        }
        let memory = [("512", 512), ("1GB", 1024), ("0.5 GB", 512), ("2 gb", 2048)];
        for (text, mib) in memory {
            assert_eq!(memory_mib(text), Ok(mib), "{text}");
        }
        for bad in ["", "x", "-1", "1e3", "0.3", "nan", "64", "vCPU", "256 GB"] {
            assert_eq!(
                cpu_units(bad),
                Err(errors::client("Invalid 'cpu' setting for task."))
            );
        }
        for bad in ["", "0", "GB", "inf", "1.5"] {
            assert!(memory_mib(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fargate_has_the_published_pairs_and_no_others() {
        for (cpu, memory) in [(256, 512), (512, 3072), (4096, 30_720), (16_384, 122_880)] {
            assert!(fargate_has(cpu, memory), "{cpu} {memory}");
        }
        for (cpu, memory) in [
            (256, 3072),
            (512, 512),
            (512, 1500),
            (8192, 20_000),
            (300, 512),
        ] {
            assert!(!fargate_has(cpu, memory), "{cpu} {memory}");
        }
        assert_eq!(
            no_fargate_size(512, 512).message,
            "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the \
             Amazon ECS documentation for the valid values."
        );
    }
}
