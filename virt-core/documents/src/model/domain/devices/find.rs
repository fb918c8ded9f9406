//! Finding a device among those of a domain, as attaching, detaching and updating need it.

use super::{Device, Devices};
use crate::xml::{is_same, value_at};

impl Device {
    /// The name by which the hypervisor knows the device: `<alias>`.
    pub fn alias(&self) -> Option<String> {
        value_at(self.record()?, "alias/@name")
    }

    /// Whether the other one is this device: by what tells devices of its kind apart, as the target of a disk and the
    /// address of an interface, else when it says all that this one does.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.record(), other.record()) {
            (Some(one), Some(two)) => self.name() == other.name() && is_same(self.name(), one, two),
            _ => self == other,
        }
    }
}

impl Devices {
    /// All devices that have a type, kind by kind.
    pub fn all(&self) -> impl Iterator<Item = Device> {
        Device::NAMES.iter().flat_map(|name| self.of_kind(name))
    }

    /// The devices with that element name, in order.
    pub fn of_kind(&self, name: &str) -> impl Iterator<Item = Device> {
        (0..).map_while(move |index| self.device(name, index))
    }

    /// Where the same device stands among those of its kind.
    pub fn position(&self, wanted: &Device) -> Option<usize> {
        self.of_kind(wanted.name())
            .position(|device| wanted.is_same(&device))
    }

    /// The same device as it stands here, with its address and alias.
    pub fn find(&self, wanted: &Device) -> Option<Device> {
        self.device(wanted.name(), self.position(wanted)?)
    }

    /// The device of that alias.
    pub fn by_alias(&self, alias: &str) -> Option<Device> {
        self.all().find(|device| device.alias().as_deref() == Some(alias))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Device, DomainConfig};

    fn devices() -> crate::model::domain::devices::Devices {
        let text = "<domain type='kvm'><name>d</name><memory>1024</memory><devices>\
            <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/><alias name='virtio-disk0'/></disk>\
            <disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/><alias name='virtio-disk1'/></disk>\
            <interface type='user'><mac address='52:54:00:00:00:01'/><alias name='net0'/></interface>\
            <rng model='virtio'><backend model='random'>/dev/urandom</backend><alias name='rng0'/></rng>\
            </devices></domain>";
        DomainConfig::from_xml(text).unwrap().devices_mut().clone()
    }

    fn device(xml: &str) -> Device {
        Device::from_xml(xml).unwrap()
    }

    #[test]
    fn a_disk_is_found_by_its_target_an_interface_by_its_address_others_by_what_they_say() {
        let devices = devices();
        let alias = |xml: &str| devices.find(&device(xml)).and_then(|found| found.alias());
        let disk = "<disk><source file='/elsewhere'/><target dev='vdb'/></disk>";
        assert_eq!(alias(disk).as_deref(), Some("virtio-disk1"));
        let interface = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>";
        assert_eq!(alias(interface).as_deref(), Some("net0"));
        let rng = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>";
        assert_eq!(alias(rng).as_deref(), Some("rng0"));
        let other = "<rng model='virtio'><backend model='random'>/dev/hwrng</backend></rng>";
        assert_eq!(alias(other), None);
        assert_eq!(alias("<disk><target dev='vdc'/></disk>"), None);
        assert_eq!(
            devices.by_alias("net0").unwrap().title(),
            "interface 52:54:00:00:00:01"
        );
    }

    #[test]
    fn a_device_is_taken_out_and_put_in_its_place() {
        let mut devices = devices();
        let wanted = device("<disk><target dev='vda'/></disk>");
        let index = devices.position(&wanted).unwrap();
        let old = devices.replace(index, wanted.clone()).unwrap();
        assert_eq!(old.alias().as_deref(), Some("virtio-disk0"));
        assert_eq!(devices.remove("disk", index), Some(wanted.clone()));
        assert_eq!(
            (devices.position(&wanted), devices.remove("disk", 7)),
            (None, None)
        );
    }
}
