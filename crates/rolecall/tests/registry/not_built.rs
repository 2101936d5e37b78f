//! Every operation of the models is built, or listed in `docs/not-built.txt` and answered so.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rolecall_api::{SERVICES, Value};

use crate::house::{Folder, House, ROOT_KEY};
use crate::sample::least;

/// Rewrites the list without what is built by now, instead of failing. Never adds a line.
const SHRINK_ENV: &str = "ROLECALL_SHRINK_NOT_BUILT";

const HEAD: &str = "\
# Operations of the service models that Rolecall answers with UnknownOperationException or
# InvalidAction, because they are not built. This list may only shrink: what was built once stays,
# and what a newer model adds is built before it is taken over; only a service that is taken over
# as a whole brings its lines, once. To drop the lines of what is built by now:
# ROLECALL_SHRINK_NOT_BUILT=1 cargo test -p rolecall --test registry not_built
";

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/not-built.txt")
}

/// All operations of the models, as `service:Operation`.
fn modelled() -> BTreeSet<String> {
    let names = |s: &'static rolecall_api::Service| {
        s.operations
            .iter()
            .map(move |o| format!("{}:{}", s.id, o.name))
    };
    SERVICES.iter().copied().flat_map(names).collect()
}

fn built() -> BTreeSet<String> {
    rolecall::operations()
        .iter()
        .map(|b| format!("{}:{}", b.service, b.name))
        .collect()
}

fn text_of(names: &BTreeSet<String>) -> String {
    let mut text = format!("{HEAD}# {} operations.\n", names.len());
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    text
}

#[test]
fn each_operation_is_built_or_listed_and_the_list_only_shrinks() {
    let text = std::fs::read_to_string(file()).unwrap();
    let listed: BTreeSet<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let not_built: BTreeSet<String> = modelled().difference(&built()).cloned().collect();
    let neither: Vec<&String> = not_built.difference(&listed).collect();
    assert!(
        neither.is_empty(),
        "neither built nor listed in docs/not-built.txt, which may only shrink: {neither:#?}"
    );
    let shrunk = text_of(&not_built);
    if std::env::var_os(SHRINK_ENV).is_some() {
        std::fs::write(file(), shrunk).unwrap();
        return;
    }
    let done: Vec<&String> = listed.difference(&not_built).collect();
    assert!(
        done.is_empty(),
        "built (or in no model) and still listed in docs/not-built.txt; drop the lines with \
         {SHRINK_ENV}=1: {done:#?}"
    );
    assert!(
        text == shrunk,
        "docs/not-built.txt is not in its form; write it with {SHRINK_ENV}=1"
    );
}

#[tokio::test]
async fn an_operation_that_is_not_built_says_so_in_each_protocol_of_its_service() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let mut problems = Vec::new();
    let mut without_input = Vec::new();
    for service in SERVICES.iter().copied() {
        for operation in service.operations {
            if house
                .world
                .pipeline
                .registry()
                .get(service.id, operation.name)
                .is_some()
            {
                continue;
            }
            let input = match operation.input {
                None => Some(Value::Struct(Vec::new())),
                Some(id) => least(service, id),
            };
            let Some(input) = input else {
                without_input.push(operation.name);
                continue;
            };
            for protocol in service.protocols.iter().copied() {
                let answer = house
                    .call_in(ROOT_KEY, service, operation.name, protocol, &input)
                    .await;
                let error = answer.unwrap_err();
                let query = matches!(protocol, rolecall_api::Protocol::AwsQuery);
                let code = if query {
                    "InvalidAction"
                } else {
                    "UnknownOperationException"
                };
                let says = error.message.contains(operation.name)
                    && error.message.contains("not built in Rolecall");
                if error.code != code || error.status != 400 || !says {
                    problems.push(format!("{}:{}: {error:?}", service.id, operation.name));
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
    assert!(
        without_input.is_empty(),
        "no input was found for {without_input:?}"
    );
}

#[tokio::test]
async fn the_models_constraints_hold_for_what_is_not_built() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let mut checked = 0;
    for service in SERVICES.iter().copied() {
        for operation in service.operations {
            let Some(id) = operation.input else { continue };
            let empty = Value::empty_struct(service, id);
            if house
                .world
                .pipeline
                .registry()
                .get(service.id, operation.name)
                .is_some()
                || rolecall_wire::violations(service, id, &empty).is_empty()
            {
                continue;
            }
            checked += 1;
            let error = house
                .call(ROOT_KEY, service, operation.name, &empty)
                .await
                .unwrap_err();
            let wanted = rolecall_wire::validate(service, Some(id), &empty).unwrap_err();
            assert_eq!(
                (&error.code, &error.message, error.status),
                (&wanted.code, &wanted.message, 400),
                "{}:{}",
                service.id,
                operation.name
            );
        }
    }
    assert!(checked > 100, "{checked}");
}

#[tokio::test]
async fn nobody_learns_what_is_not_built_without_a_signature() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    for service in SERVICES.iter().copied() {
        for operation in service.operations.iter().filter(|o| !o.unsigned) {
            let input = operation.input.map_or(Value::Struct(Vec::new()), |id| {
                Value::empty_struct(service, id)
            });
            let protocol = service.protocols[0];
            let request = house.encoded(service, operation.name, protocol, &input);
            let error = house
                .send(&request, service, operation.name, protocol)
                .await
                .unwrap_err();
            assert!(
                error.code.starts_with("MissingAuthenticationToken"),
                "{}:{}: {error:?}",
                service.id,
                operation.name
            );
        }
    }
}
