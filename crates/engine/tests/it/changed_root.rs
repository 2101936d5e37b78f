//! The engine below a changed root, as in a build chroot.

use std::process::Command;

use crate::common::root;

/// Runs one of the tests again, with `/` mounted somewhere else and that as its root directory.
#[test]
fn commands_run_inside_below_a_changed_root_too() {
    if !root() {
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let own = std::env::current_exe().unwrap();
    // In a mount namespace of its own, so that nothing stays mounted.
    let script = r#"mount --make-rprivate / && mount --rbind / "$1" && exec chroot "$1" "$2" \
        settings::commands_run_inside --exact --nocapture"#;
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .args([below.path(), own.as_path()])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("1 passed"), "{text}");
}
