//! `render` writes what a platform needs to make a run: manifests of Kubernetes.

use std::fs;

use anyhow::Context as _;
use flashcrowd_kubernetes::yaml;

use crate::args::{K8sArgs, Platform, RenderArgs};
use crate::context::Context;
use crate::exit::Failure;
use crate::kubernetes::manifests;
use crate::screen::Stream;

/// Writes them to a folder, or to standard output.
pub fn run(context: &Context, args: &RenderArgs) -> Result<(), Failure> {
    let Platform::K8s(args) = &args.platform;
    k8s(context, args)
}

fn k8s(context: &Context, args: &K8sArgs) -> Result<(), Failure> {
    let manifests = manifests(context, args)?;
    let Some(folder) = &args.output else {
        context.console.write(Stream::Out, &yaml(&manifests).map_err(anyhow::Error::new)?);
        return Ok(());
    };
    let cannot = || format!("cannot write to '{}'", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    for (at, manifest) in manifests.iter().enumerate() {
        // kubectl applies the files of a folder in the order of their names.
        let name = format!("{:02}-{}", at + 1, manifest.file_name());
        let text = yaml([manifest]).map_err(anyhow::Error::new)?;
        fs::write(folder.join(name), text).with_context(cannot)?;
    }
    let written = format!("{} files are written: kubectl apply -f {}\n", manifests.len(), folder.display());
    context.console.write(Stream::Out, &written);
    Ok(())
}
