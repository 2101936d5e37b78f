//! Aligned tables.

use std::fmt;

/// A table: the first column is left-aligned, the others are right-aligned.
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, header: &[&str]) -> Self {
        let header = header.iter().map(|name| (*name).to_owned()).collect();
        Self {
            title: title.into(),
            rows: vec![header],
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|n| {
                let cells = self.rows.iter().filter_map(|row| row.get(n));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (n, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if n == 0 {
                    line.push_str(&format!("  {cell:<width$}"));
                } else {
                    line.push_str(&format!("  {cell:>width$}"));
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number with commas: `46,700`.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many times `base` fits, `20.1x`; nothing without a base.
pub(crate) fn times(value: f64, base: f64) -> String {
    if base > 0.0 {
        format!("{:.1}x", value / base)
    } else {
        "-".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new("T", &["what", "n"]);
        table.row(vec!["a".to_owned(), thousands(1_234_567.0)]);
        table.row(vec!["long name".to_owned(), times(3.0, 2.0)]);
        let text = "T\n  what               n\n  a          1,234,567\n  long name       1.5x\n";
        assert_eq!(table.to_string(), text);
        assert_eq!(thousands(999.6), "1,000");
        assert_eq!(times(1.0, 0.0), "-");
    }
}
