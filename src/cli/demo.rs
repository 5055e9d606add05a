//! TEMP
use crate::config::Settings;
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DemoArgs {}
pub(super) fn run(_args: &DemoArgs, settings: Settings) -> anyhow::Result<()> {
    super::serve::run(&settings)
}
