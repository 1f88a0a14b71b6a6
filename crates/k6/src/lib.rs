//! Front end for k6 scripts: QuickJS virtual machines on fibers and the k6 modules.
