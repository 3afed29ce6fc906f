//! Tools that write contracts, and those that help to.

use pacto_app::author::{Data, Instances, check, create, edit, suggest};

use super::arguments::{Create, Edit, OfContract, OfPath};
use super::{Call, Catalogue, Effect, Failure};

pub(super) fn add(catalogue: &mut Catalogue, writes: bool) {
    let words = (
        "pacto_check",
        "Check a contract",
        "Judge one contract, summarize it, and suggest what is missing, with ready calls.",
    );
    catalogue.add(words, Effect::Reads, check_contract);
    let words = (
        "pacto_suggest_dependencies",
        "Suggest dependencies",
        "Services of the fleet that the configuration of a contract names, and that it does not declare.",
    );
    catalogue.add(words, Effect::Reads, suggest_dependencies);
    if !writes {
        return;
    }
    let words = (
        "pacto_create",
        "Create a contract",
        "Write a new, valid contract with the files it names. What is said outright wins over what is inferred.",
    );
    catalogue.add(words, Effect::Writes, create_contract);
    let words = (
        "pacto_edit",
        "Edit a contract",
        "Change a contract; comments and layout stay. It is valid afterwards, or nothing is written.",
    );
    catalogue.add(words, Effect::Writes, edit_contract);
}

fn check_contract(call: &Call<'_>, arguments: &OfPath) -> Result<check::Outcome, Failure> {
    Ok(check::run(call.context, &call.admit(&arguments.path)?)?)
}

fn suggest_dependencies(call: &Call<'_>, arguments: &OfContract) -> Result<suggest::Outcome, Failure> {
    let contract = call.admit(&arguments.contract)?;
    Ok(suggest::run(call.context, &suggest::Options { contract, fleet: call.fleet() })?)
}

fn create_contract(call: &Call<'_>, arguments: &Create) -> Result<create::Outcome, Failure> {
    let arguments = arguments.clone();
    let options = create::Options {
        name: arguments.name,
        description: arguments.description,
        path: arguments.path,
        version: arguments.version,
        owner: arguments.owner,
        interfaces: arguments.interfaces,
        dependencies: arguments.dependencies,
        workload: arguments.workload.filter(|word| !word.is_empty()),
        data: Data {
            stores: arguments.stores_data,
            survives_restart: arguments.data_survives_restart,
            is_shared: arguments.data_shared_across_instances,
            loss_impact: arguments.data_loss_impact.filter(|word| !word.is_empty()),
        },
        properties: arguments.config_properties,
        instances: Instances {
            replicas: arguments.replicas,
            min: arguments.min_replicas,
            max: arguments.max_replicas,
        },
        metadata: arguments.metadata,
        dry_run: arguments.dry_run,
    };
    Ok(create::run(call.context, &options)?)
}

fn edit_contract(call: &Call<'_>, arguments: &Edit) -> Result<edit::Outcome, Failure> {
    let arguments = arguments.clone();
    let options = edit::Options {
        path: arguments.path,
        name: arguments.name,
        version: arguments.version,
        owner: arguments.owner,
        workload: arguments.workload,
        data: Data {
            stores: arguments.stores_data,
            survives_restart: arguments.data_survives_restart,
            is_shared: arguments.data_shared_across_instances,
            loss_impact: arguments.data_loss_impact.filter(|word| !word.is_empty()),
        },
        add_interfaces: arguments.add_interfaces,
        remove_interfaces: arguments.remove_interfaces,
        add_dependencies: arguments.add_dependencies,
        remove_dependencies: arguments.remove_dependencies,
        add_properties: arguments.add_config_properties,
        set_metadata: arguments.set_metadata,
        remove_metadata: arguments.remove_metadata,
        instances: Instances {
            replicas: arguments.replicas,
            min: arguments.min_replicas,
            max: arguments.max_replicas,
        },
        dry_run: arguments.dry_run,
    };
    Ok(edit::run(call.context, &options)?)
}
