//! Registries behind a proxy.

use pacto_testkit::fault::FaultProxy;
use pacto_testkit::registry::Registry;

use crate::fixture::context;

#[test]
fn registries_are_reached_through_a_proxy_and_this_machine_without() {
    let Some(registry) = Registry::start() else { return };
    // Nothing is spoiled: it hands on what it gets.
    let proxy = FaultProxy::start(registry.address(), 1, 0);
    let mut cx = context();
    cx.pacto(["init", "cart"]);
    let address = format!("http://{}", proxy.address());
    cx.env("HTTP_PROXY", &address).env("HTTPS_PROXY", &address);
    cx.env("PACTO_INSECURE_REGISTRIES", "registry.invalid");
    let push = cx.pacto(["push", "oci://registry.invalid/acme/cart", "-p", "cart"]);
    assert_eq!(push.code, 0, "{push}");
    assert_eq!(cx.pacto(["explain", "oci://registry.invalid/acme/cart", "--no-cache"]).code, 0);
    // The proxy is gone, and nobody misses it here.
    cx.env("HTTP_PROXY", "http://127.0.0.1:1").env("HTTPS_PROXY", "http://127.0.0.1:1");
    let here = cx.pacto(["explain", &format!("oci://{}/acme/cart", registry.address()), "--no-cache"]);
    assert_eq!(here.code, 0, "{here}");
    cx.env("NO_PROXY", "registry.invalid");
    let there = cx.pacto(["explain", "oci://registry.invalid/acme/cart", "--no-cache"]);
    assert!(there.stderr.contains("the name of the host cannot be resolved"), "{there}");
}
