//! From a catalog to feeds on the disk: what stands in them, that readers take them, and that
//! nothing but what changed is touched.

#[cfg(test)]
mod files;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod planned;
#[cfg(test)]
mod read_back;
#[cfg(test)]
mod site;
