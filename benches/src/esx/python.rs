//! pyvmomi, VMware's own binding for Python: a view and one call, as its users do it.

use super::lists::expect;
use crate::failure::{Outcome, failed};
use std::process::Stdio;
use std::time::Instant;
use tokio::process::Command;
use virt_testkit::live::vsphere::Simulator;

const SCRIPT: &str = r#"
import ssl, sys
from pyVim.connect import SmartConnect, Disconnect
from pyVmomi import vim, vmodl
host, port, user, password = sys.argv[1:]
service = SmartConnect(host=host, port=int(port), user=user, pwd=password, sslContext=ssl._create_unverified_context())
content = service.RetrieveContent()
view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
collector = vmodl.query.PropertyCollector
spec = collector.FilterSpec(
    objectSet=[collector.ObjectSpec(obj=view, skip=True, selectSet=[
        collector.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)])],
    propSet=[collector.PropertySpec(type=vim.VirtualMachine, all=False, pathSet=[
        "name", "config.uuid", "runtime.powerState", "config.hardware.numCPU", "config.hardware.memoryMB"])])
page = content.propertyCollector.RetrievePropertiesEx([spec], collector.RetrieveOptions())
while page:
    for machine in page.objects:
        print(*(part.val for part in machine.propSet))
    page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token) if page.token else None
Disconnect(service)
"#;

/// A Python with pyvmomi, in a directory of its own.
#[derive(Debug)]
pub(super) struct Peer {
    directory: tempfile::TempDir,
}

impl Peer {
    /// Installs it.
    pub(super) async fn prepare() -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let place = directory.path().join("python");
        finished(Command::new("python3").args(["-m", "venv"]).arg(&place)).await?;
        let pip = place.join("bin/pip");
        finished(Command::new(pip).args(["install", "--quiet", "pyvmomi==9.1.1.0"])).await?;
        std::fs::write(directory.path().join("list.py"), SCRIPT)?;
        Ok(Self { directory })
    }

    /// Seconds of one list.
    pub(super) async fn list(&mut self, simulator: &Simulator, machines: u32) -> Outcome<f64> {
        let (host, port) = simulator.host_port().rsplit_once(':').unwrap_or_default();
        let began = Instant::now();
        let mut command = Command::new(self.directory.path().join("python/bin/python"));
        command.arg(self.directory.path().join("list.py"));
        command.args([host, port, simulator.user(), simulator.password()]);
        let said = finished(&mut command).await?;
        let took = began.elapsed().as_secs_f64();
        expect(said.lines().count(), machines)?;
        Ok(took)
    }
}

async fn finished(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    failed(said.lines().last().unwrap_or("it failed").to_owned())
}
