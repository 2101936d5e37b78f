//! Payloads as they are sent, beside `tests/golden/*.json`. `ROLECALL_GOLDEN=write` rewrites the
//! expectations; the difference is for review.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use rolecall_acs::{
        CompileError, ElasticNetworkInterface, IAMRoleCredentials, Ipv4Address, LaunchType,
        TaskToCompile, compile,
    };
    use rolecall_api::ecs::{
        ContainerDefinition, ContainerDependency, ContainerOverride, ContainerRestartPolicy,
        Device, DockerVolumeConfiguration, EFSVolumeConfiguration, EnvironmentFile, HealthCheck,
        HostEntry, HostVolumeProperties, KernelCapabilities, KeyValuePair, LinuxParameters,
        LogConfiguration, MountPoint, PortMapping, RepositoryCredentials, Secret, SystemControl,
        TaskDefinition, TaskOverride, Tmpfs, Ulimit, Volume,
    };
    use rolecall_base::{AccountId, Region};

    const TASK: &str =
        "arn:aws:ecs:us-east-1:123456789012:task/lab/0123456789abcdef0123456789abcdef";
    const CLUSTER: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/lab";

    fn s(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn list(items: &[&str]) -> Option<Vec<String>> {
        Some(items.iter().map(|i| (*i).to_owned()).collect())
    }

    fn map(pairs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
        Some(
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    fn pair(name: &str, value: &str) -> KeyValuePair {
        KeyValuePair {
            name: s(name),
            value: s(value),
        }
    }

    fn credentials(id: &str, role: &str) -> IAMRoleCredentials {
        IAMRoleCredentials {
            credentials_id: id.to_owned(),
            role_arn: format!("arn:aws:iam::123456789012:role/{role}"),
            access_key_id: format!("ASIA{}", role.to_uppercase()),
            secret_access_key: "secret".to_owned(),
            session_token: "token".to_owned(),
            expiration: "2026-11-22T23:59:59Z".to_owned(),
        }
    }

    fn endpoints() -> rolecall_acs::compile::Endpoints {
        rolecall_acs::compile::Endpoints {
            registry_hosts: vec!["127.0.0.1:4566".to_owned()],
            ecr: s("http://127.0.0.1:4566"),
            logs: s("http://127.0.0.1:4566"),
        }
    }

    /// Runs `check` on a task of `definition` on Fargate, with both roles.
    fn with_task<T>(
        definition: &TaskDefinition,
        change: impl FnOnce(&mut TaskToCompile<'_>),
        check: impl FnOnce(&TaskToCompile<'_>) -> T,
    ) -> T {
        let (account, region) = (
            AccountId::new("123456789012").unwrap(),
            Region::new("us-east-1").unwrap(),
        );
        let endpoints = endpoints();
        let mut input = TaskToCompile {
            definition,
            task_arn: TASK,
            cluster_arn: CLUSTER,
            group: Some("family:web"),
            service_name: None,
            overrides: None,
            launch_type: LaunchType::Fargate,
            account: &account,
            region: &region,
            role_credentials: Some(credentials("11111111-aaaa-4bbb-8ccc-000000000001", "app")),
            execution_role_credentials: Some(credentials(
                "22222222-aaaa-4bbb-8ccc-000000000002",
                "exec",
            )),
            container_arns: BTreeMap::new(),
            network_interfaces: Vec::new(),
            platform_environment: BTreeMap::new(),
            endpoints: &endpoints,
            execute_command: false,
        };
        change(&mut input);
        check(&input)
    }

    #[expect(clippy::disallowed_methods, reason = "the expectations are files")]
    fn golden(name: &str, task: &rolecall_acs::Task) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name);
        let now = serde_json::to_string_pretty(task).unwrap() + "\n";
        if std::env::var("ROLECALL_GOLDEN").as_deref() == Ok("write") {
            std::fs::write(&path, &now).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            now, expected,
            "{name}: run with ROLECALL_GOLDEN=write and review"
        );
        let back: rolecall_acs::Task = serde_json::from_str(&expected).unwrap();
        assert_eq!(&back, task, "{name} reads back");
    }

    /// The Fargate task of the usual tutorial: an image of ECR, awslogs, one port.
    fn web() -> TaskDefinition {
        TaskDefinition {
            family: s("web"),
            revision: Some(7),
            network_mode: s("awsvpc"),
            cpu: s("256"),
            memory: s("512"),
            container_definitions: Some(vec![ContainerDefinition {
                name: s("app"),
                image: s("127.0.0.1:4566/app:1"),
                essential: Some(true),
                port_mappings: Some(vec![PortMapping {
                    container_port: Some(80),
                    host_port: Some(80),
                    protocol: s("tcp"),
                    ..PortMapping::default()
                }]),
                environment: Some(vec![pair("STAGE", "dev"), pair("KEPT", "yes")]),
                log_configuration: Some(LogConfiguration {
                    log_driver: s("awslogs"),
                    options: map(&[
                        ("awslogs-group", "/ecs/web"),
                        ("awslogs-region", "us-east-1"),
                        ("awslogs-stream-prefix", "ecs"),
                    ]),
                    secret_options: None,
                }),
                ..ContainerDefinition::default()
            }]),
            ..TaskDefinition::default()
        }
    }

    #[test]
    fn a_fargate_task() {
        let definition = web();
        let change = |input: &mut TaskToCompile<'_>| {
            input.container_arns = map(&[(
            "app",
            "arn:aws:ecs:us-east-1:123456789012:container/lab/0123456789abcdef0123456789abcdef/c1",
        )])
        .unwrap();
            input.platform_environment =
                map(&[("AWS_ENDPOINT_URL", "http://169.254.170.1:4566")]).unwrap();
            input.network_interfaces = vec![ElasticNetworkInterface {
                attachment_arn: "arn:aws:ecs:us-east-1:123456789012:attachment/a".to_owned(),
                ec2_id: "eni-0123".to_owned(),
                mac_address: "02:42:0a:00:00:05".to_owned(),
                ipv4_addresses: vec![Ipv4Address {
                    primary: true,
                    private_address: "10.0.0.5".to_owned(),
                }],
                subnet_gateway_ipv4_address: s("10.0.0.1/24"),
                ..ElasticNetworkInterface::default()
            }];
        };
        with_task(&definition, change, |input| {
            golden("fargate.json", &compile(input).unwrap())
        });
    }

    #[test]
    fn overrides_are_merged_and_none_is_left_for_the_agent() {
        let definition = web();
        let overrides = TaskOverride {
            cpu: s("512"),
            memory: s("1024"),
            container_overrides: Some(vec![ContainerOverride {
                name: s("app"),
                command: list(&["sh", "-c", "exit 3"]),
                environment: Some(vec![pair("STAGE", "prod"), pair("MORE", "1")]),
                environment_files: Some(vec![EnvironmentFile {
                    value: s("arn:aws:s3:::b/over.env"),
                    r#type: s("s3"),
                }]),
                cpu: Some(128),
                memory: Some(300),
                memory_reservation: Some(200),
                ..ContainerOverride::default()
            }]),
            ..TaskOverride::default()
        };
        let change = |input: &mut TaskToCompile<'_>| {
            input.execute_command = true;
            input.service_name = Some("web");
        };
        with_task(&definition, change, |input| {
            let input = TaskToCompile {
                overrides: Some(&overrides),
                ..input.clone()
            };
            golden("overrides.json", &compile(&input).unwrap());
        });
    }

    /// Every member of a container definition that is compiled into Docker's words.
    fn everything() -> ContainerDefinition {
        ContainerDefinition {
            name: s("all"),
            image: s("nginx:1"),
            entry_point: list(&["/entry"]),
            command: list(&["run"]),
            user: s("1000:1000"),
            working_directory: s("/srv"),
            hostname: s("host"),
            pseudo_terminal: Some(true),
            interactive: Some(true),
            disable_networking: Some(false),
            docker_labels: map(&[("team", "a")]),
            health_check: Some(HealthCheck {
                command: list(&["CMD-SHELL", "true"]),
                interval: Some(10),
                start_period: Some(7),
                ..HealthCheck::default()
            }),
            privileged: Some(true),
            readonly_root_filesystem: Some(true),
            memory: Some(128),
            memory_reservation: Some(64),
            cpu: Some(10),
            dns_servers: list(&["10.0.0.2"]),
            dns_search_domains: list(&["example.com"]),
            docker_security_options: list(&["no-new-privileges"]),
            extra_hosts: Some(vec![HostEntry {
                hostname: s("db"),
                ip_address: s("10.0.0.9"),
            }]),
            ulimits: Some(vec![Ulimit {
                name: s("nofile"),
                soft_limit: Some(1024),
                hard_limit: Some(2048),
            }]),
            system_controls: Some(vec![SystemControl {
                namespace: s("net.core.somaxconn"),
                value: s("1024"),
            }]),
            linux_parameters: Some(LinuxParameters {
                capabilities: Some(KernelCapabilities {
                    add: list(&["NET_ADMIN"]),
                    drop: list(&["MKNOD"]),
                }),
                devices: Some(vec![Device {
                    host_path: s("/dev/fuse"),
                    container_path: None,
                    permissions: list(&["read", "write"]),
                }]),
                init_process_enabled: Some(true),
                shared_memory_size: Some(32),
                tmpfs: Some(vec![Tmpfs {
                    container_path: s("/run"),
                    size: Some(16),
                    mount_options: list(&["noexec"]),
                }]),
                max_swap: Some(64),
                swappiness: Some(60),
            }),
            links: list(&["db:database"]),
            start_timeout: Some(30),
            stop_timeout: Some(2),
            restart_policy: Some(ContainerRestartPolicy {
                enabled: Some(true),
                ignored_exit_codes: Some(vec![0]),
                restart_attempt_period: Some(60),
            }),
            depends_on: Some(vec![ContainerDependency {
                container_name: s("db"),
                condition: s("HEALTHY"),
            }]),
            port_mappings: Some(vec![PortMapping {
                container_port: Some(8080),
                ..PortMapping::default()
            }]),
            mount_points: Some(vec![MountPoint {
                source_volume: s("scratch"),
                container_path: s("/scratch"),
                read_only: None,
            }]),
            secrets: Some(vec![
                Secret {
                    name: s("DB"),
                    value_from: s("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db:pw::"),
                },
                Secret {
                    name: s("P"),
                    value_from: s("/prod/param"),
                },
            ]),
            log_configuration: Some(LogConfiguration {
                log_driver: s("splunk"),
                options: map(&[("splunk-url", "https://x")]),
                secret_options: Some(vec![Secret {
                    name: s("splunk-token"),
                    value_from: s("/t"),
                }]),
            }),
            repository_credentials: Some(RepositoryCredentials {
                credentials_parameter: s(
                    "arn:aws:secretsmanager:us-east-1:123456789012:secret:reg",
                ),
            }),
            ..ContainerDefinition::default()
        }
    }

    fn ec2() -> TaskDefinition {
        TaskDefinition {
            family: s("all"),
            revision: Some(1),
            network_mode: s("bridge"),
            pid_mode: s("task"),
            container_definitions: Some(vec![
                everything(),
                ContainerDefinition {
                    name: s("db"),
                    image: s("123456789012.dkr.ecr.eu-west-1.amazonaws.com/db"),
                    essential: Some(false),
                    ..ContainerDefinition::default()
                },
            ]),
            volumes: Some(vec![
                Volume {
                    name: s("scratch"),
                    ..Volume::default()
                },
                Volume {
                    name: s("etc"),
                    host: Some(HostVolumeProperties {
                        source_path: s("/etc"),
                    }),
                    ..Volume::default()
                },
                Volume {
                    name: s("docker"),
                    docker_volume_configuration: Some(DockerVolumeConfiguration {
                        scope: s("shared"),
                        autoprovision: Some(true),
                        driver: s("local"),
                        ..DockerVolumeConfiguration::default()
                    }),
                    ..Volume::default()
                },
                Volume {
                    name: s("efs"),
                    efs_volume_configuration: Some(EFSVolumeConfiguration {
                        file_system_id: s("fs-1"),
                        transit_encryption: s("ENABLED"),
                        ..EFSVolumeConfiguration::default()
                    }),
                    ..Volume::default()
                },
            ]),
            ..TaskDefinition::default()
        }
    }

    #[test]
    fn an_ec2_task_with_everything() {
        let definition = ec2();
        let change = |input: &mut TaskToCompile<'_>| input.launch_type = LaunchType::Ec2;
        with_task(&definition, change, |input| {
            golden("ec2.json", &compile(input).unwrap())
        });
    }

    #[test]
    fn without_an_execution_role_nothing_that_needs_one_is_compiled() {
        let definition = ec2();
        let change = |input: &mut TaskToCompile<'_>| input.execution_role_credentials = None;
        let error = with_task(&definition, change, |input| compile(input).unwrap_err());
        let expected = CompileError::NoExecutionRole {
            container: "all".to_owned(),
            what: "secrets",
        };
        assert_eq!(error, expected);
        // The web task has none of these: the instance's role would pull and log.
        let change = |input: &mut TaskToCompile<'_>| input.execution_role_credentials = None;
        with_task(&web(), change, |input| {
            let task = compile(input).unwrap();
            let container = task.containers.first().unwrap();
            assert_eq!(container.logs_auth_strategy, None);
            let ecr = container
                .registry_authentication
                .as_ref()
                .unwrap()
                .ecr_auth_data
                .as_ref();
            assert!(!ecr.unwrap().use_execution_role);
        });
    }

    #[test]
    fn what_no_agent_could_run_is_refused() {
        let overrides = TaskOverride {
            container_overrides: Some(vec![ContainerOverride {
                name: s("nobody"),
                ..ContainerOverride::default()
            }]),
            ..TaskOverride::default()
        };
        let definition = web();
        let error = with_task(
            &definition,
            |_| {},
            |input| {
                let input = TaskToCompile {
                    overrides: Some(&overrides),
                    ..input.clone()
                };
                compile(&input).unwrap_err()
            },
        );
        assert_eq!(error, CompileError::UnknownContainer("nobody".to_owned()));
        let definition = TaskDefinition {
            cpu: s(".25 vcpu"),
            ..web()
        };
        let error = with_task(&definition, |_| {}, |input| compile(input).unwrap_err());
        assert!(matches!(
            error,
            CompileError::NotANumber { member: "cpu", .. }
        ));
    }

    #[test]
    fn no_secret_is_printed() {
        let definition = web();
        with_task(
            &definition,
            |_| {},
            |input| {
                let task = compile(input).unwrap();
                let printed = format!("{input:?} {task:?}");
                assert!(!printed.contains("\"secret\"") && !printed.contains("\"token\""));
                assert!(printed.contains("ASIAAPP"));
                // The id is the secret part of a URL.
                assert!(!printed.contains("11111111-aaaa"));
            },
        );
    }
}
