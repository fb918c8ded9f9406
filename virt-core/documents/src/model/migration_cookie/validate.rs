//! What libvirt's daemon asks of a cookie it is given.

use super::root::MigrationCookie;
use crate::model::problem::{each, missing, missing_attribute};
use crate::xml::XmlError;
use crate::xml::derived::check_values;

impl MigrationCookie {
    /// Checks that domain and host are named, what must be understood has a name, and the domain and its CPU as they
    /// are checked by themselves; see [`model`](crate::model#what-validate-checks). That the cookie comes from another
    /// host is for the one told.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        self.check().map_err(|error| error.within("/qemu-migration"))
    }

    fn check(&self) -> Result<(), XmlError> {
        let is_said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let needed = [
            ("name", is_said(&self.name)),
            ("uuid", self.uuid.is_some()),
            ("hostname", is_said(&self.hostname)),
            ("hostuuid", self.hostuuid.is_some()),
        ];
        if let Some((name, _)) = needed.iter().find(|(_, is_there)| !is_there) {
            return Err(missing(&self.rest, format!("the element <{name}>")));
        }
        each("feature", &self.features, |feature| match feature.name {
            Some(_) => Ok(()),
            None => Err(missing_attribute(&feature.rest, "name")),
        })?;
        if let Some(domain) = &self.domain {
            domain.validate()?;
        }
        self.cpu.as_ref().map_or(Ok(()), |cpu| cpu.validate())
    }
}
