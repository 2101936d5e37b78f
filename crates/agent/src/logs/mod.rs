//! The awslogs driver: container output to CloudWatch Logs, with the task's execution role.
//!
//! Options: Amazon ECS Developer Guide, "Send Amazon ECS logs to CloudWatch"; Docker's awslogs
//! driver. An option that is not known here is refused.

mod batch;
mod shipper;

use regex::Regex;
use rolecall_api::logs::{
    CreateLogGroup, CreateLogGroupRequest, CreateLogStream, CreateLogStreamRequest,
};
use rolecall_client::{Client, Credentials};

pub(crate) use shipper::{Shipper, Source as LogSource};

use crate::aws::{self, Failure, RETRIES};
use crate::task::spec::docker::LogConfig;

/// Where a container's output goes.
#[derive(Debug, Clone)]
pub(crate) struct LogTarget {
    pub(crate) group: String,
    pub(crate) stream: String,
    region: String,
    endpoint: Option<String>,
    create_group: bool,
    /// A line that matches begins a new event; the others go on with the one before.
    multiline: Option<Regex>,
}

impl LogTarget {
    /// Reads a log configuration; none if output goes nowhere.
    ///
    /// # Errors
    /// What of it cannot be carried out, for people.
    pub(crate) fn parse(config: &LogConfig, region: &str) -> Result<Option<Self>, String> {
        match config.r#type.as_str() {
            "" | "none" | "json-file" => return Ok(None),
            "awslogs" => {}
            other => {
                return Err(format!(
                    "the log driver {other} is not implemented by this agent"
                ));
            }
        }
        let mut target = Self {
            group: String::new(),
            stream: String::new(),
            region: region.to_owned(),
            endpoint: None,
            create_group: false,
            multiline: None,
        };
        for (name, value) in &config.config {
            match name.as_str() {
                "awslogs-group" => value.clone_into(&mut target.group),
                "awslogs-stream" => value.clone_into(&mut target.stream),
                "awslogs-region" => value.clone_into(&mut target.region),
                "awslogs-endpoint" => target.endpoint = Some(value.clone()),
                "awslogs-create-group" => {
                    let parsed = value.to_ascii_lowercase().parse();
                    target.create_group =
                        parsed.map_err(|_| format!("{name}: {value:?} is no boolean"))?;
                }
                "awslogs-multiline-pattern" => {
                    let pattern = Regex::new(value).map_err(|e| format!("{name}: {e}"))?;
                    target.multiline = Some(pattern);
                }
                "awslogs-datetime-format" => {
                    let pattern = datetime_pattern(value);
                    let pattern = Regex::new(&pattern).map_err(|e| format!("{name}: {e}"))?;
                    target.multiline = Some(pattern);
                }
                // Output is kept on disk until it is shipped: nothing blocks the program in either
                // mode. CloudWatch's own formats are told from the events themselves.
                "mode" | "max-buffer-size" | "awslogs-format" => {}
                other => return Err(format!("unknown log opt '{other}' for awslogs log driver")),
            }
        }
        let both = ["awslogs-multiline-pattern", "awslogs-datetime-format"];
        if both.iter().all(|o| config.config.contains_key(*o)) {
            let [one, other] = both;
            return Err(format!(
                "you cannot configure log opt '{other}' and '{one}' at the same time"
            ));
        }
        if target.group.is_empty() || target.stream.is_empty() {
            return Err("must specify a value for log opt 'awslogs-group' and \
                        'awslogs-stream'"
                .to_owned());
        }
        Ok(Some(target))
    }

    fn client(&self, clients: &aws::Clients) -> Client {
        clients.get(self.endpoint.as_deref(), &self.region)
    }

    /// Makes the stream, and the group if that is asked for. One that is there is fine.
    ///
    /// # Errors
    /// `ResourceInitializationError: …`, in the words of Fargate.
    pub(crate) async fn ensure(
        &self,
        clients: &aws::Clients,
        credentials: &Credentials,
    ) -> Result<(), String> {
        let client = self.client(clients);
        let failed = |e: &Failure| {
            format!(
                "ResourceInitializationError: failed to validate logger args: create stream has \
                 been retried {RETRIES} times: failed to create Cloudwatch log stream: {e}"
            )
        };
        let missing = match self.create_stream(&client, credentials).await {
            Ok(()) => return Ok(()),
            Err(e) if e.is("ResourceNotFoundException") && self.create_group => e,
            Err(e) => return Err(failed(&e)),
        };
        tracing::debug!(group = self.group, error = %missing, "the log group is made");
        let input = CreateLogGroupRequest {
            log_group_name: Some(self.group.clone()),
            ..CreateLogGroupRequest::default()
        };
        match aws::call_again::<CreateLogGroup>(&client, credentials, input).await {
            Ok(_) => {}
            Err(e) if e.is("ResourceAlreadyExistsException") => {}
            Err(e) => {
                return Err(format!(
                    "ResourceInitializationError: failed to validate logger args: create group \
                     has been retried {RETRIES} times: failed to create Cloudwatch log group: {e}"
                ));
            }
        }
        self.create_stream(&client, credentials)
            .await
            .map_err(|e| failed(&e))
    }

    async fn create_stream(
        &self,
        client: &Client,
        credentials: &Credentials,
    ) -> Result<(), Failure> {
        let input = CreateLogStreamRequest {
            log_group_name: Some(self.group.clone()),
            log_stream_name: Some(self.stream.clone()),
        };
        match aws::call_again::<CreateLogStream>(client, credentials, input).await {
            Ok(_) => Ok(()),
            Err(e) if e.is("ResourceAlreadyExistsException") => Ok(()),
            Err(e) => Err(e),
        }
    }
}

/// A date and time of strftime's form as a pattern.
///
/// Source: Docker's documentation of the awslogs driver, "awslogs-datetime-format".
fn datetime_pattern(format: &str) -> String {
    let mut pattern = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            pattern.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
            continue;
        }
        let part = match letters.next() {
            Some('a') => "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
            Some('A') => "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
            Some('w') => "[0-6]",
            Some('d') => "(?:0[1-9]|[12][0-9]|3[01])",
            Some('b') => "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
            Some('B') => {
                "(?:January|February|March|April|May|June|July|August|September|October|November|\
                 December)"
            }
            Some('m') => "(?:0[1-9]|1[0-2])",
            Some('Y') => "[0-9]{4}",
            Some('y') => "[0-9]{2}",
            Some('H') => "(?:[01][0-9]|2[0-3])",
            Some('I') => "(?:0[0-9]|1[0-2])",
            Some('p') => "[AP]M",
            Some('M' | 'S') => "[0-5][0-9]",
            Some('L') => "[.][0-9]{3}",
            Some('f') => "[0-9]{6}",
            Some('z') => "[+-][0-9]{4}",
            Some('Z') => "[A-Z]{1,4}T",
            Some('j') => "(?:[0-2][0-9]{2}|3[0-5][0-9]|36[0-6])",
            Some(other) => {
                pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4])));
                continue;
            }
            None => "%",
        };
        pattern.push_str(part);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(kind: &str, options: &[(&str, &str)]) -> Result<Option<LogTarget>, String> {
        let config = options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        LogTarget::parse(
            &LogConfig {
                r#type: kind.to_owned(),
                config,
            },
            "us-east-1",
        )
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let both = [("awslogs-group", "g"), ("awslogs-stream", "s")];
        let target = parse("awslogs", &both).unwrap().unwrap();
        assert_eq!((target.group.as_str(), target.stream.as_str()), ("g", "s"));
        assert_eq!(
            (target.region.as_str(), target.create_group),
            ("us-east-1", false)
        );
        let more = [
            both[0],
            both[1],
            ("awslogs-region", "eu-west-1"),
            ("awslogs-create-group", "True"),
        ];
        let target = parse("awslogs", &more).unwrap().unwrap();
        assert_eq!(
            (target.region.as_str(), target.create_group),
            ("eu-west-1", true)
        );
        for bad in [
            ("awslogs-unheard", "1"),
            ("awslogs-multiline-pattern", "("),
            ("awslogs-create-group", "x"),
        ] {
            assert!(
                parse("awslogs", &[both[0], both[1], bad]).is_err(),
                "{bad:?}"
            );
        }
        assert!(parse("awslogs", &[both[0]]).is_err());
        assert!(parse("splunk", &both).is_err());
        assert!(parse("", &[]).unwrap().is_none());
    }

    #[test]
    fn dates_become_patterns() {
        let pattern = |format: &str| Regex::new(&datetime_pattern(format)).unwrap();
        let cases = [
            ("[%b %d, %Y %H:%M:%S]", "[Nov 22, 2026 01:02:03] up", true),
            ("[%b %d, %Y %H:%M:%S]", "  at [x]", false),
            (
                "%Y-%m-%dT%H:%M:%S%L%z",
                "2026-11-22T01:02:03.456+0000",
                true,
            ),
            ("%Y-%m-%d", "2026-13-22", false),
            ("%A %p 100%%", "Thursday AM 100%", true),
        ];
        for (format, line, matches) in cases {
            assert_eq!(pattern(format).is_match(line), matches, "{format} {line}");
        }
        let options = [
            ("awslogs-group", "g"),
            ("awslogs-stream", "s"),
            ("awslogs-multiline-pattern", "x"),
            ("awslogs-datetime-format", "%Y"),
        ];
        assert!(parse("awslogs", &options).is_err());
        assert!(
            parse("awslogs", &options[..3])
                .unwrap()
                .unwrap()
                .multiline
                .is_some()
        );
    }
}
