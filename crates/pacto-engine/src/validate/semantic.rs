//! Layer 3: parts that are fine alone and make no sense together.

use pacto_contract::{Code, ContractDocument, Diagnostic, Pointer};

pub(super) fn check(document: &ContractDocument) -> Vec<Diagnostic> {
    let Some(runtime) = &document.contract.runtime else { return Vec::new() };
    let strategy = runtime.lifecycle.as_ref().and_then(|lifecycle| lifecycle.upgrade_strategy.as_deref());
    if strategy == Some("ordered") && runtime.state.kind == "stateless" {
        let pointer = Pointer::root().key("runtime").key("lifecycle").key("upgradeStrategy");
        let message = "an ordered upgrade serves no purpose for a stateless service";
        let finding = document.finding(Code::UpgradeStrategyStateMismatch, &pointer, message);
        return vec![finding.with_help("use rolling")];
    }
    Vec::new()
}
