//! What a fake server says by itself: the least by which a connection opens.

use super::{MACHINE, VsphereAnswer};

/// What it says of itself.
const CONTENT: &str = "<rootFolder type=\"Folder\">ha-folder-root</rootFolder>\
    <propertyCollector type=\"PropertyCollector\">ha-property-collector</propertyCollector>\
    <viewManager type=\"ViewManager\">ViewManager</viewManager>\
    <about><name>VMware ESXi</name><fullName>VMware ESXi 6.5.0</fullName><vendor>VMware, Inc.</vendor>\
    <version>6.5.0</version><build>1</build><osType>vmnix-x86</osType><productLineId>embeddedEsx</productLineId>\
    <apiType>HostAgent</apiType><apiVersion>6.5</apiVersion></about>\
    <sessionManager type=\"SessionManager\">ha-sessionmgr</sessionManager>\
    <searchIndex type=\"SearchIndex\">ha-searchindex</searchIndex>\
    <fileManager type=\"FileManager\">ha-nfc-file-manager</fileManager>";

/// What it says to a call.
pub(super) fn answer(method: &str, has_session: bool, request: &str) -> VsphereAnswer {
    if !has_session && !matches!(method, "RetrieveServiceContent" | "Login") {
        let said = "The session is not authenticated.".to_owned();
        return VsphereAnswer::Fault("NotAuthenticated".to_owned(), said);
    }
    let made = |kind: &str, value: &str| format!("<returnval type=\"{kind}\">{value}</returnval>");
    let inside = match method {
        "RetrieveServiceContent" => format!("<returnval>{CONTENT}</returnval>"),
        "Login" => "<returnval><key>fake</key><userName>root</userName><fullName>root</fullName>\
             <loginTime>2026-01-01T00:00:00Z</loginTime><lastActiveTime>2026-01-01T00:00:00Z</lastActiveTime>\
             <locale>en</locale><messageLocale>en</messageLocale></returnval>"
            .to_owned(),
        "CreateContainerView" => made("ContainerView", "session[fake]view"),
        "CreatePropertyCollector" => made("PropertyCollector", "session[fake]collector"),
        "CreateFilter" => made("PropertyFilter", "session[fake]filter"),
        "CurrentTime" => "<returnval>2026-01-01T00:00:00Z</returnval>".to_owned(),
        "WaitForUpdatesEx" if request.contains("<version></version>") || request.contains("<version/>") => {
            format!("<returnval>{}</returnval>", updates(&machine()))
        }
        // Nothing is ever new.
        "WaitForUpdatesEx" => return VsphereAnswer::Silence,
        "RetrievePropertiesEx" => format!("<returnval><objects>{HOST}</objects></returnval>"),
        _ => String::new(),
    };
    VsphereAnswer::Soap(format!(
        "<{method}Response xmlns=\"urn:vim25\">{inside}</{method}Response>"
    ))
}

/// Its host, as far as anybody asks.
const HOST: &str = "<obj type=\"HostSystem\">ha-host</obj>\
    <propSet><name>name</name><val xsi:type=\"xsd:string\">fake</val></propSet>\
    <propSet><name>hardware.memorySize</name><val xsi:type=\"xsd:long\">1073741824</val></propSet>\
    <propSet><name>hardware.cpuInfo.numCpuCores</name><val xsi:type=\"xsd:short\">2</val></propSet>";

/// What is told of objects.
fn updates(objects: &str) -> String {
    format!(
        "<version>1</version><filterSet><filter type=\"PropertyFilter\">session[fake]filter</filter>{objects}</filterSet>"
    )
}

/// What is told of its machine.
fn machine() -> String {
    let property = |name: &str, kind: &str, value: &str| {
        format!(
            "<changeSet><name>{name}</name><op>assign</op><val xsi:type=\"{kind}\">{value}</val></changeSet>"
        )
    };
    let properties = [
        property("name", "xsd:string", "web"),
        property("config.uuid", "xsd:string", MACHINE),
        property("config.template", "xsd:boolean", "false"),
        property("config.files.vmPathName", "xsd:string", "[store] web/web.vmx"),
        property("config.hardware.memoryMB", "xsd:int", "256"),
        property("config.hardware.numCPU", "xsd:int", "2"),
        property("runtime.powerState", "VirtualMachinePowerState", "poweredOn"),
    ];
    format!(
        "<objectSet><kind>enter</kind><obj type=\"VirtualMachine\">7</obj>{}</objectSet>",
        properties.concat()
    )
}
