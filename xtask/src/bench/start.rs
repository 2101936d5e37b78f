//! From a process's start to its first answer, and what it takes when idle.

use anyhow::Result;
use serde_json::{Value, json};

use super::servers::{free_address, ministack_command};
use super::table::{Table, times};
use super::{Outcome, Setting, field, load};

pub(crate) fn run(setting: &Setting) -> Result<Outcome> {
    let mut rows = Vec::new();
    let with_data = ["--no-tasks"];
    rows.push((
        "Rolecall, APIs only, new data",
        rolecall(setting, true, &with_data)?,
    ));
    rows.push((
        "Rolecall, APIs only, restart",
        rolecall(setting, false, &with_data)?,
    ));
    if let Some(venv) = &setting.venv {
        let address = free_address()?;
        let command = ministack_command(venv, &address);
        let mut words = vec!["env".to_owned()];
        for (name, value) in command.get_envs() {
            let value = value.unwrap_or_default().to_string_lossy();
            words.push(format!("{}={value}", name.to_string_lossy()));
        }
        words.push(command.get_program().to_string_lossy().into_owned());
        rows.push(("MiniStack", measure(setting, &address, false, &words)?));
    }
    let base = rows
        .iter()
        .find(|row| row.0 == "MiniStack")
        .map_or((0.0, 0.0), |row| {
            (field(&row.1, "median_ms"), field(&row.1, "resident_mib"))
        });
    let mut table = Table::new(
        "Start to first answer (aim 30 ms), idle memory (aim 25 MiB)",
        &[
            "server",
            "median ms",
            "min ms",
            "max ms",
            "idle MiB",
            "faster",
            "smaller",
        ],
    );
    for (name, result) in &rows {
        let number = |name| field(result, name);
        table.row(vec![
            (*name).to_owned(),
            format!("{:.1}", number("median_ms")),
            format!("{:.1}", number("min_ms")),
            format!("{:.1}", number("max_ms")),
            format!("{:.1}", number("resident_mib")),
            times(base.0, number("median_ms")),
            times(base.1, number("resident_mib")),
        ]);
    }
    let json: serde_json::Map<String, Value> = rows
        .into_iter()
        .map(|(name, result)| (name.to_owned(), result))
        .collect();
    Ok(Outcome {
        tables: vec![table],
        json: json!(json),
    })
}

fn rolecall(setting: &Setting, fresh: bool, args: &[&str]) -> Result<Value> {
    let address = free_address()?;
    let program = setting.bin.join("rolecall").display().to_string();
    let words = [&program, "up", "--listen", &address, "--data", "{dir}"];
    let key = ["--dev-credentials", "test:test"];
    let words = words.iter().chain(&key).chain(args);
    let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
    measure(setting, &address, fresh, &words)
}

fn measure(setting: &Setting, address: &str, fresh: bool, words: &[String]) -> Result<Value> {
    let runs = setting.runs.to_string();
    let mut args = vec!["start", "--address", address, "--runs", &runs];
    if fresh {
        args.push("--fresh");
    }
    args.push("--");
    args.extend(words.iter().map(String::as_str));
    load(setting, &args, None)
}
