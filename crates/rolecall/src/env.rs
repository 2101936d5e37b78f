//! `rolecall env`: how clients reach the server.

use std::io::Write;

use anyhow::{Context, Result};

use crate::cli::EnvArgs;
use crate::credentials::Credentials;

pub(crate) fn run(args: &EnvArgs) -> Result<()> {
    let credentials = Credentials::load(&args.data.dir())?;
    let text = if args.json {
        json(&credentials)
    } else if args.profile {
        profile(&credentials)
    } else {
        exports(&credentials)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("print")
}

fn exports(c: &Credentials) -> String {
    // boto3 reads AWS_DEFAULT_REGION only, the other SDKs AWS_REGION.
    let lines = [
        ("AWS_ENDPOINT_URL", &c.endpoint),
        ("AWS_ACCESS_KEY_ID", &c.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &c.secret_access_key),
        ("AWS_REGION", &c.region),
        ("AWS_DEFAULT_REGION", &c.region),
    ];
    let mut text = String::from("unset AWS_SESSION_TOKEN AWS_PROFILE\n");
    for (name, value) in lines {
        text.push_str(&format!("export {name}='{value}'\n"));
    }
    text
}

fn profile(c: &Credentials) -> String {
    format!(
        "[profile rolecall]\nendpoint_url = {}\nregion = {}\naws_access_key_id = {}\n\
         aws_secret_access_key = {}\n",
        c.endpoint, c.region, c.access_key_id, c.secret_access_key
    )
}

fn json(c: &Credentials) -> String {
    let value = serde_json::json!({
        "Version": 1,
        "AccessKeyId": c.access_key_id,
        "SecretAccessKey": c.secret_access_key,
        "EndpointUrl": c.endpoint,
        "Region": c.region,
        "AccountId": c.account,
    });
    format!("{value}\n")
}
