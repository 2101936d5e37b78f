//! An image made of the machine's busybox.

use std::io::Write;

use rolecall_engine::image::Digest;

/// An image as a registry has it.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) manifest: Vec<u8>,
    pub(crate) blobs: Vec<(String, Vec<u8>)>,
}

/// The image, with some members in its `config`.
pub(crate) fn busybox(config: &serde_json::Value) -> Image {
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_path_with_name("/bin/busybox", "bin/busybox")
        .unwrap();
    for applet in [
        "sh", "echo", "cat", "sleep", "env", "wget", "true", "touch", "ls", "seq",
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_mode(0o777);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox")
            .unwrap();
    }
    for dir in ["tmp/", "etc/"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_mode(0o1777);
        tar.append_data(&mut header, dir, std::io::empty()).unwrap();
    }
    let layer = tar.into_inner().unwrap();
    let diff_id = Digest::of(&layer).to_string();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&layer).unwrap();
    let layer = gz.finish().unwrap();
    let config = serde_json::json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        "os": "linux",
        "config": config,
        "rootfs": { "type": "layers", "diff_ids": [diff_id] },
    });
    let config = serde_json::to_vec(&config).unwrap();
    let of = |bytes: &[u8], kind: &str| {
        serde_json::json!({
            "mediaType": format!("application/vnd.oci.image.{kind}"),
            "digest": Digest::of(bytes).to_string(),
            "size": bytes.len(),
        })
    };
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": of(&config, "config.v1+json"),
        "layers": [of(&layer, "layer.v1.tar+gzip")],
    });
    Image {
        manifest: serde_json::to_vec(&manifest).unwrap(),
        blobs: [config, layer]
            .map(|b| (Digest::of(&b).to_string(), b))
            .to_vec(),
    }
}
