//! From RunTask to the first instruction of the program, beside the bare OCI runtime.

use anyhow::{Context, Result, bail};

use super::servers;
use super::table::{Table, times};
use super::{Outcome, Setting, field, load};

pub(crate) fn run(setting: &Setting) -> Result<Outcome> {
    let runtime = ["/usr/sbin/runc", "/usr/bin/runc"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists());
    let Some(runtime) = runtime else {
        bail!("the bare runtime is not there: cargo xtask setup installs runc");
    };
    let server = servers::rolecall(setting, "task", &[])?;
    let runs = setting.runs.to_string();
    let args = [
        "task",
        "--address",
        &server.address,
        "--runs",
        &runs,
        "--oci-runtime",
        runtime,
    ];
    let result = load(setting, &args, server.key.as_ref());
    drop(server);
    let data = setting.data.join("task").display().to_string();
    load(setting, &["remove", "--data", &data], None).context("clean up")?;
    let result = result?;
    let mut table = Table::new(
        "To the program's first instruction, image present (aim: under 2x)",
        &["from", "median ms", "min ms", "max ms", "ratio"],
    );
    let base = result
        .get("bare")
        .map_or(0.0, |row| field(row, "median_ms"));
    for (name, key) in [
        ("runc run", "bare"),
        ("RunTask", "task"),
        ("RunTask answered", "run_task_answered"),
    ] {
        let Some(row) = result.get(key) else {
            continue;
        };
        table.row(vec![
            name.to_owned(),
            format!("{:.1}", field(row, "median_ms")),
            format!("{:.1}", field(row, "min_ms")),
            format!("{:.1}", field(row, "max_ms")),
            times(field(row, "median_ms"), base),
        ]);
    }
    Ok(Outcome {
        tables: vec![table],
        json: result,
    })
}
