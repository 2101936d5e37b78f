//! Rust names for the models' names.

use anyhow::{Result, bail};

/// `getRoleResponse` as a type: `GetRoleResponse`.
pub(crate) fn type_name(model: &str) -> String {
    let mut chars = model.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// `taskRoleArn` as a field: `task_role_arn`. A run of capitals is one word
/// (`SAMLProviderArn` is `saml_provider_arn`).
///
/// # Errors
/// If the name can't be an identifier.
pub(crate) fn field_name(model: &str) -> Result<String> {
    let chars: Vec<char> = model.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            out.push('_');
            continue;
        }
        let before = i.checked_sub(1).and_then(|i| chars.get(i)).copied();
        let after = chars.get(i + 1).copied();
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && after.is_some_and(|a| a.is_ascii_lowercase()))
            });
        if starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    match out.as_str() {
        "self" | "super" | "crate" | "" => bail!("no Rust name for member {model:?}"),
        "type" | "use" | "match" | "ref" | "move" | "static" | "where" | "in" | "as" | "fn"
        | "final" | "override" | "box" | "enum" | "struct" | "loop" | "if" | "else" | "true"
        | "false" | "const" | "continue" | "break" | "return" | "mod" | "pub" | "trait"
        | "impl" | "virtual" | "async" | "await" | "dyn" | "priv" | "try" | "yield" | "do"
        | "abstract" | "become" | "macro" | "typeof" | "unsized" | "gen" => Ok(format!("r#{out}")),
        _ => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_snake_case_with_acronyms_as_words() {
        for (model, field) in [
            ("taskRoleArn", "task_role_arn"),
            ("SAMLProviderArn", "saml_provider_arn"),
            ("ec2InstanceId", "ec2_instance_id"),
            ("enableECSManagedTags", "enable_ecs_managed_tags"),
            ("ARN", "arn"),
            ("type", "r#type"),
            ("memoryGiBPerVCpu", "memory_gi_b_per_v_cpu"),
        ] {
            assert_eq!(field_name(model).unwrap(), field, "{model}");
        }
    }
}
