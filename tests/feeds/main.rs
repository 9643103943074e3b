//! From a catalog to feeds on the disk: what stands in them, that readers take them, and that
//! nothing but what changed is touched.

mod files;
mod golden;
mod planned;
mod read_back;
mod site;
