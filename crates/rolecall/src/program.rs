//! `rolecall __program`: what runs inside the demo's container. It finds the task role as any SDK
//! does, says who it is, and makes one call.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use rolecall_api::{ecs, sts};
use rolecall_client::{Client, ContainerCredentials};

/// The word that starts it.
pub(crate) const ARG: &str = "__program";

pub(crate) async fn run() -> Result<ExitCode> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not set")?;
    let region = std::env::var("AWS_REGION").context("AWS_REGION is not set")?;
    say("hello from a Fargate task")?;
    let credentials = ContainerCredentials::load()
        .await
        .context("find the task role")?;
    let client = Client::new(&endpoint, &region, "rolecall-demo-program");
    let who = client
        .call::<sts::GetCallerIdentity>(&credentials, sts::GetCallerIdentityRequest::default())
        .await?;
    say(&format!("I am {}", who.arn.unwrap_or_default()))?;
    let called = client
        .call::<ecs::ListClusters>(&credentials, ecs::ListClustersRequest::default())
        .await;
    match called {
        Ok(answer) => {
            let clusters = answer.cluster_arns.unwrap_or_default();
            say(&format!(
                "ecs:ListClusters answered: {}",
                clusters.join(" ")
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            say(&format!("ecs:ListClusters: {error}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").context("print")?;
    out.flush().context("print")
}
