//! Templates and assets are embedded by `include_dir!`, which cannot tell cargo what it read.

fn main() {
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed=migrations");
}
