import re,os,glob
def sub(p, *pairs):
    s=open(p).read()
    for a,b in pairs:
        if a not in s: print('MISSING in',p,':',a[:90]); continue
        s=s.replace(a,b)
    open(p,'w').write(s)
x='virt-core/src/xml/'; m='virt-core/src/model/'
# 1 empties
sub(x+'values.rs',('''pub fn check_values<T: Record + Default>(record: &T) -> Result<(), XmlError> {
    let root = record.spec().element;
    check(record, &mut String::new(), 1).map_err(|error| error.within(root))?;
''','''pub fn check_values<T: Record + Default>(record: &T) -> Result<(), XmlError> {
    checked(record, problem)
}

/// The same where an empty text is one that is not there, as libvirt's older parsers read it.
///
/// # Errors
/// As [`check_values`].
pub fn check_said_values<T: Record + Default>(record: &T) -> Result<(), XmlError> {
    checked(record, |slot, item, text| problem(slot, item, text).filter(|_| !text.is_empty()))
}

/// What is wrong with the value at a place, which is written so.
type Judge = fn(&dyn ValueSlot, usize, &str) -> Option<XmlProblem>;

fn checked<T: Record + Default>(record: &T, judge: Judge) -> Result<(), XmlError> {
    let root = record.spec().element;
    check(record, &mut String::new(), (1, judge)).map_err(|error| error.within(root))?;
'''),('fn check(record: &dyn Record, text: &mut String, depth: usize)','fn check(record: &dyn Record, text: &mut String, (depth, judge): (usize, Judge))'),
('check_items(slot, field, text)','check_items(slot, field, (text, judge))'),('check(child, text, depth + 1)','check(child, text, (depth + 1, judge))'),
('fn check_items(slot: &dyn ValueSlot, field: &Field, text: &mut String)','fn check_items(slot: &dyn ValueSlot, field: &Field, (text, judge): (&mut String, Judge))'),
('            Some(text) => problem(slot, item, text),','            Some(text) => judge(slot, item, text),'),('                problem(slot, item, text)\n            }','                judge(slot, item, text)\n            }'))
sub(x+'mod.rs',('pub use super::values::check_values;','pub use super::values::{check_said_values, check_values};'))
for f in ['pool/validate.rs','volume/validate.rs','host_interface/validate.rs','secret/validate.rs','pool/sources.rs']:
    sub(m+f,('check_values','check_said_values'))
sub(m+'mod.rs',('''read, kept and written, but not valid.
''','''read, kept and written, but not valid.
//!   An empty text is none of them, but for pools, volumes, secrets and interfaces of hosts, where it says nothing.
'''))
# 2 renames
def rename(word,new,files):
    rx=re.compile(r'\b%s\b'%word)
    for f in files:
        s=open(f).read(); n=rx.sub(new,s)
        if n!=s: open(f,'w').write(n)
rename('Bridge','HostBridge',glob.glob(m+'host_interface/*.rs'))
s=open(m+'host_interface/config.rs').read()
open(m+'host_interface/config.rs','w').write(s.replace('HostInterfaceType::HostBridge','HostInterfaceType::Bridge'))
for f in glob.glob(m+'host_interface/*.rs'):
    s=open(f).read()
    s=re.sub(r'(Type::)HostBridge',r'\1Bridge',s); s=s.replace('        HostBridge = "bridge"','        Bridge = "bridge"')
    open(f,'w').write(s)
rename('LinkState','NetLinkState',glob.glob(m+'node_device/*.rs'))
rename('Capabilities','LinuxCapabilities',[m+'domain/capabilities.rs',m+'domain/features.rs'])
sub(m+'domain/mod.rs',('pub use capabilities::Capabilities;','pub use capabilities::LinuxCapabilities;'))
# 5 wwn
open(m+'value/wwn.rs','w').write('''//! World wide names.

/// Whether it is a world wide name: 16 hexadecimal digits, with or without `0x`.
pub(crate) fn is_world_wide_name(name: &str) -> bool {
    let digits = name.strip_prefix("0x").unwrap_or(name);
    digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}
''')
s=open(m+'value/mod.rs').read()
print(s)
s=s.replace('mod uuid;\n','mod uuid;\nmod wwn;\n'); s=s.rstrip()+'\npub(crate) use wwn::is_world_wide_name;\n'
open(m+'value/mod.rs','w').write(s)
sub(m+'domain/validate/disks.rs',('''        Some(wwn) => {
            let wwn = wwn.strip_prefix("0x").unwrap_or(wwn);
            let fits = wwn.len() == 16 && wwn.bytes().all(|digit| digit.is_ascii_hexdigit());
            at.refuse_if(
                !fits,
                "/wwn",
                &format!("'{wwn}' is no name of 16 hexadecimal digits"),
            )
        }''','''        Some(wwn) => at.refuse_if(
            !is_world_wide_name(wwn),
            "/wwn",
            &format!("'{wwn}' is no name of 16 hexadecimal digits"),
        ),'''))
sub(m+'pool/validate.rs',('''fn is_world_wide_name(name: &str) -> bool {
    let digits = name.strip_prefix("0x").unwrap_or(name);
    digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

''',''))
sub(m+'node_device/validate.rs',('''    let Some(name) = name else { return Ok(()) };
    let digits = name.strip_prefix("0x").unwrap_or(name);
    if digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(());
    }
''','''    let Some(name) = name.filter(|name| !is_world_wide_name(name)) else {
        return Ok(());
    };
'''))
def use(p, line):
    s=open(p).read()
    i=s.index('\nuse ')+1
    s=s[:i]+line+'\n'+s[i:]
    open(p,'w').write(s)
for f in ['domain/validate/disks.rs','pool/validate.rs','node_device/validate.rs']: use(m+f,'use crate::model::value::is_world_wide_name;')
# 4 access rules
open(m+'access_rules.rs','w').write('''//! What libvirt's parser checks of secrets, encryption and logins, wherever they stand.

use super::complaint::{missing, one_of, said, unknown, wrong};
use super::domain::devices::{AuthSecret, Encryption, SourceAuth};
use crate::xml::{Rest, XmlError};

/// The formats of encryption libvirt knows.
const FORMATS: [&str; 5] = ["default", "qcow", "luks", "luks2", "luks-any"];

/// A secret is named by its UUID or by its usage, and not by both.
fn check_secret((uuid, usage): (bool, bool), rest: &Rest) -> Result<(), XmlError> {
    match (uuid, usage) {
        (true, true) => Err(wrong("", rest, "both UUID and usage name the secret: one does")),
        (false, false) => Err(missing("", rest, "the UUID or the usage of the secret")),
        _ => Ok(()),
    }
}

/// A login has a user and a secret, which is given back.
pub(crate) fn check_login(auth: &SourceAuth) -> Result<&AuthSecret, XmlError> {
    if said(auth.username.as_ref()).is_none() {
        return Err(missing("@username", &auth.rest, "the name of the user"));
    }
    let Some(secret) = &auth.secret else {
        return Err(missing("secret", &auth.rest, "the secret"));
    };
    check_secret((secret.uuid.is_some(), secret.usage.is_some()), &secret.rest)
        .map_err(|error| error.within("secret"))?;
    Ok(secret)
}

/// Encryption has a format, and secrets that are passphrases; of LUKS, a cipher with name and size.
pub(crate) fn check_encryption(encryption: &Encryption) -> Result<(), XmlError> {
    let rest = &encryption.rest;
    let format = match said(encryption.format.as_ref()) {
        Some(format) if FORMATS.contains(&format) => format,
        Some(other) => {
            let expected = one_of("a format of encryption", &mut FORMATS.into_iter());
            return Err(unknown("@format", rest, other, expected));
        }
        None => return Err(missing("@format", rest, "the format of the encryption")),
    };
    if let Some(engine) = &encryption.engine
        && !matches!(engine.as_str(), "qemu" | "librbd")
    {
        return Err(unknown("@engine", rest, engine, "'qemu' or 'librbd'"));
    }
    for (index, secret) in encryption.secrets.iter().enumerate() {
        let path = format!("secret[{}]", index + 1);
        let kind_path = format!("{path}/@type");
        match said(secret.kind.as_ref()) {
            Some("passphrase") => {}
            Some(other) => return Err(unknown(&kind_path, &secret.rest, other, "'passphrase'")),
            None => return Err(missing(&kind_path, &secret.rest, "'passphrase'")),
        }
        check_secret((secret.uuid.is_some(), secret.usage.is_some()), &secret.rest)
            .map_err(|error| error.within(&path))?;
    }
    match format {
        "luks" => check_cipher(encryption),
        _ => Ok(()),
    }
}

fn check_cipher(encryption: &Encryption) -> Result<(), XmlError> {
    if let Some(cipher) = &encryption.cipher {
        if cipher.name.is_none() {
            return Err(missing("cipher/@name", &cipher.rest, "the name of the cipher"));
        }
        if cipher.size.is_none() {
            let what = "the size of the key in bits";
            return Err(missing("cipher/@size", &cipher.rest, what));
        }
    }
    match (&encryption.cipher, &encryption.ivgen) {
        (None, Some(_)) => Err(missing("cipher", &encryption.rest, "the cipher beside <ivgen>")),
        (_, Some(ivgen)) if ivgen.name.is_none() => {
            Err(missing("ivgen/@name", &ivgen.rest, "the name of the algorithm"))
        }
        _ => Ok(()),
    }
}
''')
sub(m+'mod.rs',('mod any;\n','mod access_rules;\nmod any;\n'))
s=open(m+'volume/validate.rs').read()
i=s.index('fn check_encryption('); j=s.index('#[cfg(test)]') if '#[cfg(test)]' in s else len(s)
s=s[:i].rstrip()+'\n'+s[j:]
s=s.replace('use crate::model::pool::{check_permissions, check_reference};','use crate::model::access_rules::check_encryption;\nuse crate::model::pool::check_permissions;')
open(m+'volume/validate.rs','w').write(s)
s=open(m+'pool/validate.rs').read()
i=s.index('fn check_auth('); j=s.index('/// What holds for an adapter wherever one is.')
s=s[:i]+'''fn check_auth(auth: &SourceAuth) -> Result<(), XmlError> {
    let secret = check_login(auth).map(drop);
    match said(auth.kind.as_ref()) {
        Some("chap" | "ceph") => secret,
        None | Some("none") => Err(missing("@type", &auth.rest, "'chap' or 'ceph'")),
        Some(other) => Err(unknown("@type", &auth.rest, other, "'chap' or 'ceph'")),
    }
}

'''+s[j:]
open(m+'pool/validate.rs','w').write(s)
use(m+'pool/validate.rs','use crate::model::access_rules::check_login;')
sub(m+'pool/mod.rs',('pub(crate) use validate::{check_permissions, check_reference};','pub(crate) use validate::check_permissions;'))
s=open(m+'domain/validate/disk_source.rs').read()
i=s.index('/// Who we are to the server of a source')
s=s[:i]+'''/// Who we are to the server of a source, and the secret that proves it.
fn check_auth(at: At<'_>, below: &str, source: &DiskSource, auth: &SourceAuth) -> Checked {
    let secret = check_login(auth).map_err(|error| at.around(below, error))?;
    let expected = match source.protocol.as_deref() {
        Some("iscsi") => "iscsi",
        Some("rbd") => "ceph",
        _ => return Ok(()),
    };
    let at = at.on(&secret.rest);
    let word = format!("{below}/secret/@type");
    let kind = at.need(&word, "the attribute 'type'", secret.kind.as_ref())?;
    let sentence = format!("a secret of the type '{kind}' is of no use here; '{expected}' is");
    at.refuse_if(kind != expected, &word, &sentence)
}

fn check_disk_encryption(at: At<'_>, below: &str, encryption: &Encryption) -> Checked {
    check_encryption(encryption).map_err(|error| at.around(below, error))?;
    at.refuse_if(
        encryption.cipher.is_some(),
        &format!("{below}/cipher"),
        "the image says its cipher itself; <cipher> is for making volumes",
    )
}
'''
s=s.replace('check_encryption(at.on(','check_disk_encryption(at.on(').replace('''        check_encryption(
            at.on(''','''        check_disk_encryption(
            at.on(''')
open(m+'domain/validate/disk_source.rs','w').write(s)
use(m+'domain/validate/disk_source.rs','use crate::model::access_rules::{check_encryption, check_login};')
sub(m+'domain/validate/at.rs',('''    fn refuse(self, below: &str''','''    /// An error of a rule that holds for more documents than this one, at what is `below` the element.
    pub(super) fn around(self, below: &str, error: XmlError) -> XmlError {
        let place = format!("{}{below}", self.path());
        error.at(self.rest.position().unwrap_or_default()).within(&place)
    }

    fn refuse(self, below: &str'''))
# 3 port rules
s=open(m+'domain/validate/interfaces.rs').read()
i=s.index("fn check_vlan(at"); j=s.index('fn check_port_forwards(')
s=s[:i]+s[j:]
s=s.replace('''            check_vlan(at.on(&vlan.rest), vlan)?;''','''            check_vlan(vlan).map_err(|error| at.on(&vlan.rest).around("/vlan", error))?;''')
s=s.replace('''            check_bandwidth(at.on(&bandwidth.rest), bandwidth)?;''','''            check_bandwidth(bandwidth, Floor::Allowed)
                .map_err(|error| at.on(&bandwidth.rest).around("/bandwidth", error))?;''')
s=s.replace('    Bandwidth, Devices,','    Devices,').replace('PortForward, Vlan,','PortForward,')
open(m+'domain/validate/interfaces.rs','w').write(s)
use(m+'domain/validate/interfaces.rs','use crate::model::port_rules::{Floor, check_bandwidth, check_vlan};')
s=open(m+'domain/validate/interface_source.rs').read()
i=s.index('fn check_virtual_port(')
s=s[:i].rstrip()+'\n'
s=s.replace('''        Some(port) => check_virtual_port(at.on(&port.rest), kind, port),
''','''        Some(port) => {
            // The port of a network may come from there, in whole or in part.
            let parts = match kind {
                InterfaceType::Network => PortParts::Some,
                _ => PortParts::All,
            };
            check_virtualport(port, parts).map_err(|error| at.on(&port.rest).around("/virtualport", error))
        }
''')
s=s.replace('InterfaceType, VirtualPort}','InterfaceType}')
open(m+'domain/validate/interface_source.rs','w').write(s)
use(m+'domain/validate/interface_source.rs','use crate::model::port_rules::{PortParts, check_virtualport};')
s=open(m+'port_rules.rs').read()
s=s.replace('''/// Whether a virtual port has to say its type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortType {
    Required,
    Optional,
}''','''/// What of a virtual port has to be said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortParts {
    /// What it is; the rest comes from somewhere else.
    Some,
    /// The type.
    Type,
    /// The type and all that a port of its type is made of.
    All,
}''').replace('''    /// What it is; the rest comes from somewhere else.
    Some,''','''    /// Nothing: what is missing comes from somewhere else.
    Some,''')
s=s.replace('pub(crate) fn check_virtualport(port: &VirtualPort, kind: PortType)','pub(crate) fn check_virtualport(port: &VirtualPort, parts: PortParts)')
s=s.replace('None if kind == PortType::Required =>','None if parts != PortParts::Some =>')
s=s.replace('''    let Some(parameters) = &port.parameters else {
        return Ok(());
    };
    let rest = &parameters.rest;
''','''    check_parameters(port)?;
    match parts {
        PortParts::All => check_complete(port),
        PortParts::Some | PortParts::Type => Ok(()),
    }
}

/// Whether what there is has its range, and a meaning for the type.
fn check_parameters(port: &VirtualPort) -> Result<(), XmlError> {
    let Some(parameters) = &port.parameters else {
        return Ok(());
    };
    let rest = &parameters.rest;
''')
i=s.index('    let said = [\n        ("managerid"'); j=s.index('fn belongs(')
s=s[:i]+'''    let wrong_one = said(parameters).into_iter().find(|(name, said)| *said && !belongs(kind, name));
    match wrong_one {
        Some((name, _)) => {
            let sentence = format!("'{name}' means nothing to a virtual port of type {kind}: leave it out");
            Err(wrong(rest, sentence).within(&format!("parameters/@{name}")))
        }
        None => Ok(()),
    }
}

/// Whether all is there that nothing can be made up for.
fn check_complete(port: &VirtualPort) -> Result<(), XmlError> {
    let needed: &[&str] = match port.kind.as_deref() {
        Some("802.1Qbg") => &["managerid", "typeid", "typeidversion"],
        Some("802.1Qbh") => &["profileid"],
        Some("midonet") => &["interfaceid"],
        _ => &[],
    };
    let none = VirtualPortParameters::default();
    let parameters = port.parameters.as_ref().unwrap_or(&none);
    let lacks = |(name, said): &(&str, bool)| !*said && needed.contains(name);
    match said(parameters).iter().find(|part| lacks(part)) {
        Some((name, _)) => {
            let rest = port.parameters.as_ref().map_or(&port.rest, |parameters| &parameters.rest);
            Err(missing_attribute(rest, name).within(&format!("parameters/@{name}")))
        }
        None => Ok(()),
    }
}

fn said(parameters: &VirtualPortParameters) -> [(&'static str, bool); 6] {
    let profile = parameters.profileid.as_ref().is_some_and(|profile| !profile.is_empty());
    [
        ("managerid", parameters.managerid.is_some()),
        ("typeid", parameters.typeid.is_some()),
        ("typeidversion", parameters.typeidversion.is_some()),
        ("instanceid", parameters.instanceid.is_some()),
        ("interfaceid", parameters.interfaceid.is_some()),
        ("profileid", profile),
    ]
}

'''+s[j:]
s=s.replace('''    let said = |value: Option<u64>| value.is_some_and(|value| value > 0);
''','''    let said = |value: Option<u64>| value.is_some();
''')
s=s.replace('use super::domain::devices::{Bandwidth, BandwidthLimit, VirtualPort, Vlan};','use super::domain::devices::{Bandwidth, BandwidthLimit, VirtualPort, VirtualPortParameters, Vlan};')
open(m+'port_rules.rs','w').write(s)
for f in glob.glob(m+'**/*.rs',recursive=True):
    s=open(f).read()
    if 'PortType::Required' in s or 'PortType::Optional' in s:
        s=s.replace('PortType::Required','PortParts::Type').replace('PortType::Optional','PortParts::Some').replace('PortType','PortParts')
        open(f,'w').write(s); print('porttype',f)
# 7 node_device builders
p=m+'node_device/builder.rs'
s=open(p).read()
WITH='''    /// Changes what the steps above do not reach, of the document as it will be.
    pub fn with(mut self, change: impl FnOnce(&mut NodeDeviceConfig) + Send + 'static) -> Self {
'''
open(p,'w').write(s)
