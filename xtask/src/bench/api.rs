//! Requests a second of the API. Rolecall's are signed, authorized by a user's policies, and
//! durable; the others look at no signature and write to memory.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::servers::{self, Key, Server};
use super::table::{Table, thousands, times};
use super::{Outcome, Setting, field, load};

/// The operations in the order of measuring (listing comes before there are more definitions), and
/// how many times MiniStack's rate is aimed at.
const OPERATIONS: &[(&str, f64)] = &[
    ("GetCallerIdentity", 20.0),
    ("ListTaskDefinitions", 200.0),
    ("RegisterTaskDefinition", 15.0),
    ("CreateRole", 10.0),
];
const CONNECTIONS: &[&str] = &["8", "64"];

struct Measured {
    name: &'static str,
    server: Server,
    key: Option<Key>,
}

pub(crate) fn run(setting: &Setting) -> Result<Outcome> {
    let servers = servers(setting)?;
    let mut json = Vec::new();
    let mut tables = Vec::new();
    for connections in CONNECTIONS {
        let mut table = Table::new(
            format!("API, {connections} connections"),
            &[
                "operation",
                "server",
                "requests/s",
                "p50 ms",
                "p99 ms",
                "errors",
                "x MiniStack",
                "aim",
            ],
        );
        for (operation, aim) in OPERATIONS {
            let mut results = Vec::new();
            for measured in &servers {
                results.push(measure(setting, measured, operation, connections)?);
            }
            let base = results
                .iter()
                .find(|result| result.get("server").and_then(Value::as_str) == Some("MiniStack"))
                .map_or(0.0, |result| field(result, "rate"));
            for (measured, result) in servers.iter().zip(&results) {
                table.row(row(measured.name, operation, result, base, *aim));
            }
            json.extend(results);
        }
        tables.push(table);
    }
    Ok(Outcome {
        tables,
        json: json.into(),
    })
}

fn servers(setting: &Setting) -> Result<Vec<Measured>> {
    let args = ["--no-tasks", "--quota", "RolesPerAccount=10000000"];
    let server = servers::rolecall(setting, "api", &args)?;
    let prepare = ["prepare", "--address", &server.address, "--user"];
    let user = load(setting, &prepare, server.key.as_ref()).context("prepare Rolecall")?;
    let mut all = vec![Measured {
        name: "Rolecall",
        key: Some(Key::of(&user)?),
        server,
    }];
    if let Some(venv) = &setting.venv {
        let peers = [
            ("MiniStack", servers::ministack(venv)?),
            ("moto", servers::moto(venv)?),
        ];
        for (name, server) in peers {
            load(setting, &["prepare", "--address", &server.address], None)
                .with_context(|| format!("prepare {name}"))?;
            all.push(Measured {
                name,
                server,
                key: None,
            });
        }
    }
    Ok(all)
}

fn measure(
    setting: &Setting,
    measured: &Measured,
    operation: &str,
    connections: &str,
) -> Result<Value> {
    let seconds = setting.seconds.to_string();
    let args = [
        "api",
        "--address",
        &measured.server.address,
        "--operation",
        operation,
        "--connections",
        connections,
        "--seconds",
        &seconds,
    ];
    let mut result = load(setting, &args, measured.key.as_ref())?;
    if let Some(result) = result.as_object_mut() {
        result.insert("server".to_owned(), json!(measured.name));
    }
    Ok(result)
}

fn row(name: &str, operation: &str, result: &Value, base: f64, aim: f64) -> Vec<String> {
    let first = name == "Rolecall";
    let ms = |field_name| format!("{:.2}", field(result, field_name) / 1000.0);
    vec![
        if first { operation } else { "" }.to_owned(),
        name.to_owned(),
        thousands(field(result, "rate")),
        ms("p50_us"),
        ms("p99_us"),
        thousands(field(result, "errors")),
        times(field(result, "rate"), base),
        if first {
            format!("{aim:.0}x")
        } else {
            String::new()
        },
    ]
}
