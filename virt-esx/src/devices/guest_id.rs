//! Guest systems: as a VMX file calls them, and as the API does.

/// The API's names (`VirtualMachineGuestOsIdentifier`).
const IDENTIFIERS: &str = "dosGuest win31Guest win95Guest win98Guest winMeGuest winNTGuest win2000ProGuest win2000ServGuest \
    win2000AdvServGuest winXPHomeGuest winXPProGuest winXPPro64Guest winNetWebGuest winNetStandardGuest \
    winNetEnterpriseGuest winNetDatacenterGuest winNetBusinessGuest winNetStandard64Guest \
    winNetEnterprise64Guest winLonghornGuest winLonghorn64Guest winNetDatacenter64Guest winVistaGuest \
    winVista64Guest windows7Guest windows7_64Guest windows7Server64Guest windows8Guest windows8_64Guest \
    windows8Server64Guest windows9Guest windows9_64Guest windows9Server64Guest windows11_64Guest \
    windows12_64Guest windowsHyperVGuest windows2019srv_64Guest windows2019srvNext_64Guest \
    windows2022srvNext_64Guest freebsdGuest freebsd64Guest freebsd11Guest freebsd11_64Guest \
    freebsd12Guest freebsd12_64Guest freebsd13Guest freebsd13_64Guest freebsd14Guest freebsd14_64Guest \
    freebsd15Guest freebsd15_64Guest redhatGuest rhel2Guest rhel3Guest rhel3_64Guest rhel4Guest \
    rhel4_64Guest rhel5Guest rhel5_64Guest rhel6Guest rhel6_64Guest rhel7Guest rhel7_64Guest \
    rhel8_64Guest rhel9_64Guest rhel10_64Guest centosGuest centos64Guest centos6Guest centos6_64Guest \
    centos7Guest centos7_64Guest centos8_64Guest centos9_64Guest oracleLinuxGuest oracleLinux64Guest \
    oracleLinux6Guest oracleLinux6_64Guest oracleLinux7Guest oracleLinux7_64Guest oracleLinux8_64Guest \
    oracleLinux9_64Guest oracleLinux10_64Guest suseGuest suse64Guest slesGuest sles64Guest sles10Guest \
    sles10_64Guest sles11Guest sles11_64Guest sles12Guest sles12_64Guest sles15_64Guest sles16_64Guest \
    nld9Guest oesGuest sjdsGuest mandrakeGuest mandrivaGuest mandriva64Guest turboLinuxGuest \
    turboLinux64Guest ubuntuGuest ubuntu64Guest debian4Guest debian4_64Guest debian5Guest \
    debian5_64Guest debian6Guest debian6_64Guest debian7Guest debian7_64Guest debian8Guest \
    debian8_64Guest debian9Guest debian9_64Guest debian10Guest debian10_64Guest debian11Guest \
    debian11_64Guest debian12Guest debian12_64Guest debian13Guest debian13_64Guest asianux3Guest \
    asianux3_64Guest asianux4Guest asianux4_64Guest asianux5_64Guest asianux7_64Guest asianux8_64Guest \
    asianux9_64Guest miraclelinux_64Guest pardus_64Guest opensuseGuest opensuse64Guest fedoraGuest \
    fedora64Guest coreos64Guest vmwarePhoton64Guest other24xLinuxGuest other26xLinuxGuest \
    otherLinuxGuest other3xLinuxGuest other4xLinuxGuest other5xLinuxGuest other6xLinuxGuest \
    other7xLinuxGuest genericLinuxGuest other24xLinux64Guest other26xLinux64Guest other3xLinux64Guest \
    other4xLinux64Guest other5xLinux64Guest other6xLinux64Guest other7xLinux64Guest otherLinux64Guest \
    solaris6Guest solaris7Guest solaris8Guest solaris9Guest solaris10Guest solaris10_64Guest \
    solaris11_64Guest fusionos_64Guest prolinux_64Guest kylinlinux_64Guest flatcar_64Guest os2Guest \
    eComStationGuest eComStation2Guest netware4Guest netware5Guest netware6Guest openServer5Guest \
    openServer6Guest unixWare7Guest darwinGuest darwin64Guest darwin10Guest darwin10_64Guest \
    darwin11Guest darwin11_64Guest darwin12_64Guest darwin13_64Guest darwin14_64Guest darwin15_64Guest \
    darwin16_64Guest darwin17_64Guest darwin18_64Guest darwin19_64Guest darwin20_64Guest \
    darwin21_64Guest darwin22_64Guest darwin23_64Guest vmkernelGuest vmkernel5Guest vmkernel6Guest \
    vmkernel65Guest vmkernel7Guest vmkernel8Guest vmkernel9Guest amazonlinux2_64Guest \
    amazonlinux3_64Guest crxPod1Guest crxSys1Guest rockylinux_64Guest almalinux_64Guest otherGuest \
    otherGuest64";

/// Names of which a file and the API have words of their own: in a file, and in the API.
const OTHERWISE: &[(&str, &str)] = &[
    ("longhorn", "winLonghornGuest"),
    ("longhorn-64", "winLonghorn64Guest"),
    ("windows7srv-64", "windows7Server64Guest"),
    ("windows8srv-64", "windows8Server64Guest"),
    ("windows9srv-64", "windows9Server64Guest"),
    ("winhyperv", "windowsHyperVGuest"),
    ("linux", "otherLinuxGuest"),
    ("redhat", "redhatGuest"),
    ("nt4", "winNTGuest"),
];

/// The API's name of what a file calls so. What is known of neither is made by the rule that most follow.
pub(super) fn of_file(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if let Some((_, found)) = OTHERWISE.iter().find(|(own, _)| *own == lower) {
        return (*found).to_owned();
    }
    let wanted = plain(&lower);
    let known = IDENTIFIERS.split(' ').find(|known| plain(known) == wanted);
    known.map_or_else(|| format!("{}Guest", name.replace('-', "_")), ToOwned::to_owned)
}

/// How a file calls what the API calls so.
pub(super) fn in_file(id: &str) -> String {
    if let Some((own, _)) = OTHERWISE.iter().find(|(_, known)| *known == id) {
        return (*own).to_owned();
    }
    let plain = plain(id);
    match plain.strip_suffix("64") {
        Some(base) if !base.is_empty() => format!("{base}-64"),
        _ => plain,
    }
}

/// Whether a guest that a file calls so is one of 64 bits.
pub(super) fn is_64_bit(name: &str) -> bool {
    name.ends_with("-64")
}

/// Without what spellings differ in.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
    let lower: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    match lower.split_once("guest") {
        // The API puts the width behind it in one case.
        Some((base, rest)) => format!("{base}{rest}"),
        None => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_have_two_names() {
        for (file, id) in [
            ("other", "otherGuest"),
            ("other-64", "otherGuest64"),
            ("rhel9-64", "rhel9_64Guest"),
            ("ubuntu-64", "ubuntu64Guest"),
            ("windows2019srv-64", "windows2019srv_64Guest"),
            ("windows9srv-64", "windows9Server64Guest"),
            ("winnetenterprise-64", "winNetEnterprise64Guest"),
            ("other3xlinux-64", "other3xLinux64Guest"),
            ("dos", "dosGuest"),
        ] {
            assert_eq!(of_file(file), id);
            assert_eq!(in_file(id), file);
        }
        assert_eq!(of_file("newer12-64"), "newer12_64Guest");
        assert_eq!(in_file("newer12_64Guest"), "newer12-64");
    }

    #[test]
    fn each_name_of_the_api_comes_back() {
        for id in IDENTIFIERS.split(' ') {
            // Of names that differ in spelling alone the first counts.
            assert_eq!(of_file(&in_file(id)), id);
        }
    }
}
