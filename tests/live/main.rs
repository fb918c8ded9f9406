//! What only real QEMUs show: managers and QEMUs that are killed, stopped, starved and lied to.
//!
//! `cargo test --all-features --test live -- qemu_crash`. The tests are named functions run by virt-testkit's own runner,
//! because this program is also the manager that is killed: started again by a test, with `VIRT_TEST_MANAGER`, see
//! [`manager`].
#![cfg_attr(
    not(feature = "qemu"),
    allow(unused, reason = "without QEMU there is nothing live")
)]

use std::process::ExitCode;

#[cfg(feature = "qemu")]
mod fixture;
#[cfg(feature = "qemu")]
mod full;
#[cfg(feature = "qemu")]
#[path = "../qemu/machines.rs"]
#[allow(dead_code, reason = "the conformance suite uses more of it")]
mod machines;
#[cfg(feature = "qemu")]
mod manager;
#[cfg(feature = "qemu")]
mod qemu_crash;
#[cfg(feature = "qemu")]
mod qemu_examples;
#[cfg(feature = "qemu")]
mod qemu_kill;
#[cfg(feature = "qemu")]
mod qemu_process;
#[cfg(feature = "qemu")]
mod qemu_root;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod ssh_faults;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod ssh_logins;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod ssh_stalls;

#[cfg(feature = "qemu")]
fn main() -> ExitCode {
    if let Some(root) = std::env::var_os(manager::ROOT_VARIABLE) {
        return manager::main(&root);
    }
    let tests = [
        qemu_crash::tests(),
        qemu_examples::tests(),
        qemu_kill::tests(),
        qemu_process::tests(),
        qemu_root::tests(),
        #[cfg(feature = "ssh")]
        ssh_faults::tests(),
        #[cfg(feature = "ssh")]
        ssh_logins::tests(),
        #[cfg(feature = "ssh")]
        ssh_stalls::tests(),
    ];
    virt_testkit::harness::main(tests.into_iter().flatten().collect())
}

#[cfg(not(feature = "qemu"))]
fn main() -> ExitCode {
    virt_testkit::harness::main(Vec::new())
}
