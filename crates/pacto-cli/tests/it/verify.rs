//! `pacto verify`: a contract against rendered manifests.

use pacto_testkit::TestContext;

use crate::fixture::{cart, cart_with, context};

/// What `helm template` would write for the cart.
pub const MANIFESTS: &str = "# Source: cart/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  type: LoadBalancer
  ports:
    - port: 8080
      targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: cart
          image: ghcr.example/acme/cart:1.4.0
          ports: [{name: http, containerPort: 8080}]
          env:
            - {name: LOG_LEVEL, value: info}
          envFrom:
            - secretRef: {name: cart-database}
          readinessProbe:
            httpGet: {path: /health, port: http}
---
apiVersion: v1
kind: Secret
metadata: {name: cart-database, namespace: shop}
stringData: {DB_PASSWORD: 9f-secret}
";

/// The cart with its manifests, in which the pairs are replaced.
fn deployed(changes: &[(&str, &str)]) -> TestContext {
    let cx = context();
    cart(&cx, "cart");
    let mut text = MANIFESTS.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    cx.write("deploy/all.yaml", text);
    cx
}

#[test]
fn manifests_that_keep_the_contract() {
    let cx = deployed(&[]);
    insta::assert_snapshot!(cx.pacto(["verify", "cart", "--manifests", "deploy"]), @r#"
    exit: 0
    ----- stdout -----
    cart@1.4.0 is Compliant: 9 checks, all hold
    Service cart in deploy/all.yaml:2
    Deployment cart in deploy/all.yaml:13

    CONDITION              STATUS  REASON          MESSAGE
    ContractValid          True    Parsed          the contract cart@1.4.0 is valid
    ServiceExists          True    Found           the Service "cart" is there
    WorkloadExists         True    Found           the Deployment "cart" is there
    PortsValid             True    AllPortsMatch   the Service has every port: 8080
    WorkloadTypeMatch      True    Match           a workload of type "service" runs as a Deployment
    StateModelMatch        True    Match           a stateless service runs as a Deployment without a volume claim
    UpgradeStrategyMatch   True    Match           upgrades are "rolling", and the Deployment has strategy RollingUpdate
    GracefulShutdownMatch  True    Match           the service needs 30 s to stop, and pods have 30 s
    ImageMatch             True    Match           container "cart" runs ghcr.example/acme/cart:1.4.0
    ScalingMatch *         True    Match           the contract declares 2 to 6 replicas, and the workload asks for 3 without an autoscaler
    ConfigPresent *        True    AllKeysPresent  every key that is needed is set: 2 keys
    ProbeMatch *           True    Match           container "cart" is probed where the contract says
    VisibilityMatch *      True    Match           every interface can be reached from where the contract says

    * advice, not counted; --strict-checks counts it
    "#);
}

#[test]
fn what_differs_is_named_with_its_place_in_the_contract() {
    let cx = deployed(&[
        ("port: 8080\n", "port: 80\n"),
        (
            "    spec:\n      containers",
            "    spec:\n      terminationGracePeriodSeconds: 5\n      containers",
        ),
        ("replicas: 3", "replicas: 1"),
    ]);
    insta::assert_snapshot!(cx.pacto(["verify", "cart", "--manifests", "deploy"]), @r#"
    exit: 1
    ----- stdout -----
    cart@1.4.0 is Warning: 9 checks, 7 hold, 2 do not
    Service cart in deploy/all.yaml:2
    Deployment cart in deploy/all.yaml:13

    CONDITION              STATUS  REASON          MESSAGE
    ContractValid          True    Parsed          the contract cart@1.4.0 is valid
    ServiceExists          True    Found           the Service "cart" is there
    WorkloadExists         True    Found           the Deployment "cart" is there
    PortsValid             False   MissingPorts    the Service has no port 8080; it also has 80, which the contract does not name
    WorkloadTypeMatch      True    Match           a workload of type "service" runs as a Deployment
    StateModelMatch        True    Match           a stateless service runs as a Deployment without a volume claim
    UpgradeStrategyMatch   True    Match           upgrades are "rolling", and the Deployment has strategy RollingUpdate
    GracefulShutdownMatch  False   Mismatch        the service needs 30 s to stop, and pods have only 5 s
    ImageMatch             True    Match           container "cart" runs ghcr.example/acme/cart:1.4.0
    ScalingMatch *         False   Mismatch        the contract declares 2 to 6 replicas, and the workload asks for 1 without an autoscaler
    ConfigPresent *        True    AllKeysPresent  every key that is needed is set: 2 keys
    ProbeMatch *           True    Match           container "cart" is probed where the contract says
    VisibilityMatch *      True    Match           every interface can be reached from where the contract says

    * advice, not counted; --strict-checks counts it

    PortsValid at cart/pacto.yaml:13:11 (interfaces[0].port)
      help: add the port to the Service, or write the port that callers use into the interface

    GracefulShutdownMatch at cart/pacto.yaml:42:30 (runtime.lifecycle.gracefulShutdownSeconds)
      help: set terminationGracePeriodSeconds to 30 or more

    ScalingMatch at cart/pacto.yaml:47:1 (scaling)
      help: set the replicas of the workload, add an autoscaler, or declare what runs
    "#);
}

#[test]
fn advice_counts_where_checks_are_strict() {
    let cx = deployed(&[("replicas: 3", "replicas: 1")]);
    let lenient = cx.pacto(["verify", "cart", "--manifests", "deploy", "--output-format", "json"]);
    assert_eq!(lenient.code, 0, "{lenient}");
    let strict = ["verify", "cart", "--manifests", "deploy", "--strict-checks", "--output-format", "json"];
    let strict = cx.pacto(strict);
    assert_eq!(strict.code, 1, "{strict}");
    let counts = |output: &pacto_testkit::CommandOutput| {
        let json = output.json();
        (json["contractStatus"].clone(), json["summary"]["total"].clone(), json["summary"]["failed"].clone())
    };
    assert_eq!(counts(&lenient), ("Compliant".into(), 9.into(), 0.into()));
    assert_eq!(counts(&strict), ("Warning".into(), 13.into(), 1.into()));
}

#[test]
fn what_is_not_there_is_said_and_the_contract_is_not_kept() {
    let cx = deployed(&[("name: cart\n", "name: other\n")]);
    insta::assert_snapshot!(cx.pacto(["verify", "cart", "--manifests", "deploy/all.yaml"]), @r#"
    exit: 1
    ----- stdout -----
    cart@1.4.0 is NonCompliant: 3 checks, 1 holds, 2 do not
    read 3 objects of 1 file

    CONDITION       STATUS  REASON    MESSAGE
    ContractValid   True    Parsed    the contract cart@1.4.0 is valid
    ServiceExists   False   NotFound  there is no Service "cart"
    WorkloadExists  False   NotFound  there is no Deployment "cart"

    ServiceExists at cart/pacto.yaml:4:9 (service.name)
      help: create the Service, or name the one that is meant

    WorkloadExists at cart/pacto.yaml:4:9 (service.name)
      help: create the workload, or name the one that is meant by kind and name
    "#);
    let named =
        ["verify", "cart", "--manifests", "deploy", "--service", "other", "--workload", "deployment/other"];
    assert_eq!(cx.pacto(named).code, 0);
    let by_name = ["verify", "cart", "--manifests", "deploy", "--service", "other", "--workload", "other"];
    assert_eq!(cx.pacto(by_name).code, 0);
    let other_kind =
        ["verify", "cart", "--manifests", "deploy", "--service", "other", "--workload", "Job/other"];
    assert_eq!(cx.pacto(other_kind).code, 1);
}

#[test]
fn json_is_what_the_schema_says_and_holds_no_value() {
    let cx = deployed(&[("port: 8080\n", "port: 80\n")]);
    let output = cx.pacto(["verify", "cart", "--manifests", "deploy", "--output-format", "json"]);
    assert_eq!(output.code, 1, "{output}");
    assert!(!output.to_string().contains("9f-secret"), "{output}");
    let schema = std::fs::read(pacto_testkit::checkout_dir().join("schemas/verify.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = output.json();
    let problems: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());
    let ports = json["conditions"].as_array().unwrap().iter().find(|check| check["type"] == "PortsValid");
    insta::assert_json_snapshot!(ports.unwrap(), @r#"
    {
      "type": "PortsValid",
      "status": "False",
      "severity": "error",
      "reason": "MissingPorts",
      "message": "the Service has no port 8080; it also has 80, which the contract does not name",
      "help": "add the port to the Service, or write the port that callers use into the interface",
      "advisory": false,
      "path": "interfaces[0].port",
      "pointer": "/interfaces/0/port",
      "file": "cart/pacto.yaml",
      "line": 13,
      "column": 11
    }
    "#);
    insta::assert_json_snapshot!(json["resources"], @r#"
    {
      "namespace": "shop",
      "service": {
        "kind": "Service",
        "name": "cart",
        "exists": true,
        "file": "deploy/all.yaml",
        "line": 2,
        "column": 1
      },
      "workload": {
        "kind": "Deployment",
        "name": "cart",
        "exists": true,
        "file": "deploy/all.yaml",
        "line": 13,
        "column": 1
      }
    }
    "#);
}

#[test]
fn markdown_and_annotations() {
    let cx = deployed(&[("port: 8080\n", "port: 80\n")]);
    let formatted =
        |format: &str| cx.pacto(["verify", "cart", "--manifests", "deploy", "--output-format", format]);
    insta::assert_snapshot!(formatted("markdown"), @r#"
    exit: 1
    ----- stdout -----
    ## Contract Verification

    `cart@1.4.0` is **Warning**: 9 checks, 8 hold, 1 does not

    - Service cart in deploy/all.yaml:2
    - Deployment cart in deploy/all.yaml:13

    | Condition | Status | Reason | Message | Help | Place |
    |---|---|---|---|---|---|
    | ContractValid | True | Parsed | the contract cart\@1.4.0 is valid |  |  |
    | ServiceExists | True | Found | the Service "cart" is there |  |  |
    | WorkloadExists | True | Found | the Deployment "cart" is there |  |  |
    | PortsValid | False | MissingPorts | the Service has no port 8080; it also has 80, which the contract does not name | add the port to the Service, or write the port that callers use into the interface | `cart/pacto.yaml:13:11 (interfaces[0].port)` |
    | WorkloadTypeMatch | True | Match | a workload of type "service" runs as a Deployment |  |  |
    | StateModelMatch | True | Match | a stateless service runs as a Deployment without a volume claim |  |  |
    | UpgradeStrategyMatch | True | Match | upgrades are "rolling", and the Deployment has strategy RollingUpdate |  |  |
    | GracefulShutdownMatch | True | Match | the service needs 30 s to stop, and pods have 30 s |  |  |
    | ImageMatch | True | Match | container "cart" runs ghcr.example/acme/cart:1.4.0 |  |  |
    | ScalingMatch (advice) | True | Match | the contract declares 2 to 6 replicas, and the workload asks for 3 without an autoscaler |  |  |
    | ConfigPresent (advice) | True | AllKeysPresent | every key that is needed is set: 2 keys |  |  |
    | ProbeMatch (advice) | True | Match | container "cart" is probed where the contract says |  |  |
    | VisibilityMatch (advice) | True | Match | every interface can be reached from where the contract says |  |  |
    "#);
    insta::assert_snapshot!(formatted("github"), @"
    exit: 1
    ----- stdout -----
    ::error file=cart/pacto.yaml,line=13,col=11,title=PortsValid::the Service has no port 8080; it also has 80, which the contract does not name (add the port to the Service, or write the port that callers use into the interface)
    ");
    assert_eq!(formatted("sarif").code, 2);
}

#[test]
fn a_contract_that_is_not_valid_is_not_compared() {
    let cx = deployed(&[]);
    cart_with(&cx, "broken", &[("type: http", "type: htp")]);
    insta::assert_snapshot!(cx.pacto(["verify", "broken", "--manifests", "deploy"]), @"
    exit: 1
    ----- stdout -----
    cart@1.4.0 is NonCompliant: 1 check, it does not hold
    read 3 objects of 1 file

    CONDITION      STATUS  REASON   MESSAGE
    ContractValid  False   Invalid  the contract is not valid: value must be one of 'http', 'grpc', 'event'

    ContractValid at broken/pacto.yaml:12:11 (interfaces[0].type)
      help: did you mean 'http'?
    ----- stderr -----
      ERROR [SCHEMA_VIOLATION] interfaces[0].type: value must be one of 'http', 'grpc', 'event'
            --> broken/pacto.yaml:12:11
             |
          12 |     type: htp
             |           ^^^
          help: did you mean 'http'?
    ");
}

#[test]
fn a_contract_that_only_publishes_needs_nothing_that_runs() {
    let cx = deployed(&[]);
    cx.write("platform/pacto.yaml", "pactoVersion: \"1.0\"\nservice: {name: platform, version: 1.0.0}\n");
    insta::assert_snapshot!(cx.pacto(["verify", "platform", "--manifests", "deploy"]), @"
    exit: 0
    ----- stdout -----
    platform@1.0.0 is Reference: 1 check, it holds
    read 3 objects of 1 file

    CONDITION      STATUS  REASON         MESSAGE
    ContractValid  True    ReferenceOnly  the contract platform@1.0.0 is valid; nothing that runs is compared with it
    ");
}

#[test]
fn the_kind_that_the_contract_declares_is_looked_for_first() {
    let cx = deployed(&[]);
    cx.write(
        "deploy/job.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: cart, namespace: shop}\nspec: {template: {spec: {containers: []}}}\n",
    );
    let found = |contract: &str| {
        let output = cx.pacto(["verify", contract, "--manifests", "deploy", "--output-format", "json"]);
        output.json()["resources"]["workload"]["kind"].clone()
    };
    assert_eq!(found("cart"), "Deployment");
    let no_scaling = ("scaling:\n  min: 2\n  max: 6\n", "");
    cart_with(&cx, "batch", &[no_scaling, ("workload: service", "workload: job")]);
    assert_eq!(found("batch"), "Job");
    cart_with(
        &cx,
        "missing",
        &[no_scaling, ("name: cart", "name: nobody"), ("workload: service", "workload: scheduled")],
    );
    assert_eq!(found("missing"), "CronJob");
}
