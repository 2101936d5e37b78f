//! Rules of the dependencies between containers.

use std::collections::HashMap;

use rolecall_api::ecs::ContainerDefinition;
use rolecall_base::AwsError;

use super::name;
use crate::errors::client;

pub(super) fn check(containers: &[ContainerDefinition]) -> Result<(), AwsError> {
    let index: HashMap<&str, usize> = containers
        .iter()
        .enumerate()
        .map(|(at, c)| (name(c), at))
        .collect();
    let mut edges: Vec<Vec<usize>> = Vec::with_capacity(containers.len());
    for container in containers {
        let mut targets = Vec::new();
        for dependency in container.depends_on.iter().flatten() {
            let other = dependency.container_name.as_deref().unwrap_or_default();
            let target = index.get(other).copied().ok_or_else(|| {
                client(format!(
                    "Cannot depend on container + '{other}' because it does not exist"
                ))
            })?;
            condition(dependency.condition.as_deref(), containers.get(target))?;
            targets.push(target);
        }
        // A link is a dependency too.
        let links = container.links.iter().flatten();
        let linked = links.filter_map(|link| index.get(link.split(':').next()?).copied());
        targets.extend(linked);
        edges.push(targets);
    }
    if has_cycle(&edges) {
        return Err(client("A cycle exists in the container dependencies."));
    }
    Ok(())
}

fn condition(
    condition: Option<&str>,
    target: Option<&ContainerDefinition>,
) -> Result<(), AwsError> {
    let essential = target.is_some_and(|c| c.essential == Some(true));
    let checked = target.is_some_and(|c| c.health_check.is_some());
    match condition {
        Some("COMPLETE" | "SUCCESS") if essential => Err(client(
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
             container",
        )),
        Some("HEALTHY") if !checked => Err(client(
            "A dependency container with HEALTHY condition must have health check configured",
        )),
        _ => Ok(()),
    }
}

/// Whether some container waits for itself: takes away, again and again, what waits for nothing.
fn has_cycle(edges: &[Vec<usize>]) -> bool {
    let mut left: Vec<bool> = vec![true; edges.len()];
    let waits = |left: &[bool], target: &usize| left.get(*target).copied().unwrap_or(false);
    loop {
        let free = edges.iter().enumerate().find(|(at, targets)| {
            left.get(*at).copied().unwrap_or(false) && !targets.iter().any(|t| waits(&left, t))
        });
        match free {
            Some((at, _)) => {
                if let Some(slot) = left.get_mut(at) {
                    *slot = false;
                }
            }
            None => return left.contains(&true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_however_long() {
        assert!(!has_cycle(&[]));
        assert!(!has_cycle(&[vec![1], vec![2], vec![]]));
        assert!(!has_cycle(&[vec![1, 2], vec![2], vec![]]));
        assert!(has_cycle(&[vec![0]]));
        assert!(has_cycle(&[vec![1], vec![2], vec![0]]));
        assert!(has_cycle(&[vec![], vec![2], vec![1]]));
    }
}
