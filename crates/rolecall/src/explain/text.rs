//! A report as people read it: aligned, short, the fix last.

use rolecall_advise::render::{Format, compact};

use super::find::Found;
use super::report::{Denied, Report};

/// How many calls are shown.
const SHOWN: usize = 8;

/// How wide the column of labels is.
const LABEL: usize = 11;

/// Everything that was found, in words; fixes in `format`.
pub fn write(found: &Found, format: Format) -> String {
    let mut out = String::new();
    if let Some(task) = &found.task {
        out.push_str(&format!("Task {}\n\n", task.arn));
        line(&mut out, "status", &task.status);
        if let Some(reason) = &task.stopped_reason {
            line(&mut out, "stopped", reason);
        }
        for (what, role) in &task.roles {
            line(&mut out, what, role);
        }
        for hint in &task.hints {
            line(&mut out, "look", hint);
        }
        out.push('\n');
    }
    let mut reports = found.reports.iter();
    if let Some(first) = reports.next() {
        one(&mut out, first, format);
    }
    for report in reports.by_ref().take(SHOWN - 1) {
        out.push_str("\nAlso: ");
        one(&mut out, report, format);
    }
    let more = reports.count();
    if more > 0 {
        out.push_str(&format!("\nAnd {more} more; --output json has them all.\n"));
    }
    out
}

fn one(out: &mut String, report: &Report, format: Format) {
    match &report.denied {
        Some(denied) => {
            out.push_str(&format!(
                "Denied: {} on {}\n\n",
                denied.action, denied.resource
            ));
            who(out, report);
            why(out, denied);
            fixes(out, denied, format);
            for next in &report.further {
                let what = format!("{} on {}", next.action, next.resource);
                out.push_str(&format!("\nThen it would be denied {what}\n\n"));
                why(out, next);
                fixes(out, next, format);
            }
        }
        None => {
            let what = match &report.error {
                Some(error) => format!("Failed, but not for want of a permission: {}", error.code),
                None => "Allowed".to_owned(),
            };
            out.push_str(&format!("{what}\n\n"));
            who(out, report);
            for allowed in &report.allowed {
                let by = allowed.by.as_ref().map_or_else(
                    || "needs no statement".to_owned(),
                    super::report::Place::in_words,
                );
                let what = format!("{} on {}", allowed.action, allowed.resource);
                line(out, "allowed", &what);
                line(out, "", &format!("by {by}"));
            }
        }
    }
}

fn who(out: &mut String, report: &Report) {
    let caller = &report.caller;
    line(out, "caller", &caller.arn);
    let key = caller.access_key_id.as_ref();
    let key = key
        .map(|key| format!(", access key {key}"))
        .unwrap_or_default();
    line(
        out,
        "as",
        &format!("{}, {}{key}", caller.kind, caller.holder),
    );
    let operation = if report.operation.is_empty() {
        "a byte stream"
    } else {
        &report.operation
    };
    let from = report.source_ip.as_deref().unwrap_or("inside");
    line(
        out,
        "call",
        &format!(
            "{} {operation} in {} from {from}",
            report.service, report.region
        ),
    );
    line(
        out,
        "at",
        &format!("{}, request {}", report.at, report.request_id),
    );
    if let Some(error) = &report.error {
        line(out, "answer", &format!("{}: {}", error.code, error.message));
    }
}

fn why(out: &mut String, denied: &Denied) {
    for looked in &denied.considered {
        let names = looked.policies.join(", ");
        line(out, "looked at", &format!("{}: {names}", looked.layer));
    }
    line(out, "decided", &denied.decided);
    if denied.by.is_some()
        && let Some((_, because)) = denied.why.split_once(", whose ")
    {
        line(
            out,
            "because",
            &format!("its {}", because.trim_end_matches('.')),
        );
    }
    if let Some(closest) = &denied.closest {
        line(out, "closest", &closest.place.in_words());
        if let Some(statement) = &closest.statement {
            line(out, "", &compact(statement));
        }
        for failed in &closest.failed {
            line(out, "but", failed);
        }
        if let Some(hint) = &closest.hint {
            line(out, "look", hint);
        }
    }
    if let Some(note) = &denied.note {
        line(out, "note", note);
    }
}

fn fixes(out: &mut String, denied: &Denied, format: Format) {
    let all = denied.fixes.len();
    for (i, fix) in denied.fixes.iter().enumerate() {
        let number = if all > 1 {
            format!(" {} of {all}", i + 1)
        } else {
            String::new()
        };
        out.push_str(&format!("\nFix{number}: {}\n\n", fix.in_words()));
        out.push_str(fix.written(format).trim_end());
        out.push('\n');
    }
    if denied.checked && all > 0 {
        let with = if all > 1 { "all of it" } else { "it" };
        out.push_str(&format!(
            "\nChecked: with {with} {} is allowed on this very request.\n",
            denied.action
        ));
    }
}

/// A label and its text; long texts go on under themselves.
fn line(out: &mut String, label: &str, text: &str) {
    const WIDTH: usize = 100;
    let mut rest = LABEL + 2;
    out.push_str(&format!("  {label:LABEL$}"));
    for (i, word) in text.split(' ').enumerate() {
        let long = word.chars().count();
        if i > 0 && rest + 1 + long > WIDTH {
            out.push_str(&format!("\n  {:LABEL$}", ""));
            rest = LABEL + 2;
        } else if i > 0 {
            out.push(' ');
            rest += 1;
        }
        out.push_str(word);
        rest += long;
    }
    out.push('\n');
}
