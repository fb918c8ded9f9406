//! Templates: machines to make others from, which are no domains themselves.

use virt_core::model::ByteSize;
use virt_core::{Connection, Domain, Error, ErrorKind, Outcome, Result};

use super::clone::{CloneOptions, Cloning};
use super::placement::Placement;
use super::{about, about_domain, context, esx};
use crate::inventory::Machine;
use crate::vim::ManagedObjectReference;

/// How many names an error lists.
const LISTED: usize = 8;

/// A template of a vCenter, as it was when it was looked up. Cheap to clone; dropping it does nothing.
#[derive(Debug, Clone)]
pub struct Template {
    connection: Connection,
    reference: ManagedObjectReference,
    name: String,
    description: String,
    vcpus: u32,
    memory: ByteSize,
}

impl Template {
    pub(crate) fn new(connection: &Connection, reference: ManagedObjectReference, machine: &Machine) -> Self {
        Self {
            connection: connection.clone(),
            reference,
            name: machine.name.clone(),
            description: machine.annotation.clone(),
            vcpus: machine.cpus,
            memory: ByteSize::mib(machine.memory_mib),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's own name of it: `vm-42`, unique in the vCenter.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.reference.value
    }

    /// Its description.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How many vCPUs what is made from it has, unless said otherwise.
    #[must_use]
    pub fn vcpus(&self) -> u32 {
        self.vcpus
    }

    /// How much memory what is made from it has, unless said otherwise.
    #[must_use]
    pub fn memory(&self) -> ByteSize {
        self.memory
    }

    /// Makes a domain of this name from it (`CloneVM_Task`): returns once begun. Unless said, it is on the template's host,
    /// or wherever in its cluster.
    ///
    /// # Errors
    /// As [`clone_domain`](crate::clone_domain); `NotFound` when it is gone, or no template any more.
    ///
    /// # Cancel safety
    /// When dropped, it may have been begun.
    pub async fn deploy(&self, name: &str, options: &CloneOptions) -> Result<Cloning> {
        let about = about_domain("deploy", &self.name);
        let driver = esx(&self.connection).map_err(&about)?;
        let call = context(driver, "deploy");
        let begun = driver.clone_template(&call, &self.reference, name, options).await;
        Ok(Cloning::new(&self.connection, begun.map_err(&about)?))
    }

    /// Makes a domain of it itself (`MarkAsVirtualMachine`): it is no template from then on. Its files stay where they are;
    /// of the place, host, cluster and resource pool count.
    ///
    /// # Errors
    /// `NotFound` when it is gone, or no template any more; `Unsupported` for a datastore or a folder.
    ///
    /// # Cancel safety
    /// When dropped, it may have been done.
    pub async fn into_domain(&self, place: &Placement) -> Result<Domain> {
        let about = about_domain("into_domain", &self.name);
        let driver = esx(&self.connection).map_err(&about)?;
        let call = context(driver, "into_domain");
        let domain = driver.make_domain(&call, &self.reference, place).await;
        // It is one, whatever comes of looking.
        let domain = self.connection.domain(domain.map_err(&about)?.uuid).await;
        domain.map_err(|error| error.with_outcome(Outcome::Applied))
    }
}

/// Makes a template of a domain that does not run (`MarkAsTemplate`): it is no domain from then on, and
/// [`Template::into_domain`] makes it one again.
///
/// # Errors
/// `Unsupported` for domains of other drivers and on a host by itself, which has no templates; `InvalidState` when it runs.
///
/// # Cancel safety
/// When dropped, it may have been done.
pub async fn mark_as_template(domain: &Domain) -> Result<Template> {
    let about = about_domain("mark_as_template", domain.name());
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = context(driver, "mark_as_template");
    let made = driver.make_template(&call, domain.uuid()).await;
    let (reference, machine) = made.map_err(&about)?;
    Ok(Template::new(domain.connection(), reference, &machine))
}

/// The templates of what a connection is about, by name. Asks nothing: they are followed as domains are.
///
/// # Errors
/// `Unsupported` for connections of other drivers; `ConnectionLost` when it is closed.
pub fn templates(connection: &Connection) -> Result<Vec<Template>> {
    let about = about("templates");
    let driver = esx(connection).map_err(&about)?;
    driver.server().check_open().map_err(&about)?;
    let known = driver.server().inventory.templates();
    let templates = known
        .into_iter()
        .map(|known| Template::new(connection, known.reference, &known.machine));
    Ok(templates.collect())
}

/// The template of this name, or of this name of the server's.
///
/// # Errors
/// As [`templates`]; `NotFound`, naming a few there are; `InvalidArgument` when several are called so: then the server's
/// name of one is said ([`Template::id`]).
pub fn template(connection: &Connection, name: &str) -> Result<Template> {
    let about = about_domain("template", name);
    let known = templates(connection)?;
    let mut found = known.iter().filter(|template| template.name == name);
    match (found.next(), found.next()) {
        (Some(one), None) => return Ok(one.clone()),
        (Some(one), Some(other)) => {
            let message = format!(
                "several templates are called so: say the server's name of the one that is meant ({}, {} …)",
                one.id(),
                other.id()
            );
            return Err(about(Error::new(ErrorKind::InvalidArgument, message)));
        }
        (None, _) => {}
    }
    if let Some(found) = known.iter().find(|template| template.id() == name) {
        return Ok(found.clone());
    }
    let listed: Vec<&str> = known.iter().take(LISTED).map(Template::name).collect();
    let listed = if listed.is_empty() {
        "none".to_owned()
    } else {
        listed.join(", ")
    };
    let message = format!("no such template (there are: {listed})");
    Err(about(Error::new(ErrorKind::NotFound, message)))
}
