//! Whole projects: the document is the one that the framework gives. `cargo xtask frameworks` asks the frameworks.

use std::path::Path;

use pacto_testkit::checkout_dir;
use serde_json::{Value, json};

use crate::support::{bundle, pacto, words};

/// One for whole numbers, whichever way they are written: `1.0` and `1` are one number.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(members.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn document(directory: &Path, arguments: &[&str]) -> Value {
    let output = pacto(directory, &[arguments, &["--option", "output=o.json"]].concat());
    assert!(output.status.success(), "{}", words(&output));
    serde_json::from_slice(&std::fs::read(directory.join("o.json")).unwrap()).unwrap()
}

#[test]
fn the_document_is_that_of_the_framework() {
    let projects = checkout_dir().join("plugins/pacto-plugin-openapi-infer/tests/projects");
    for name in ["shop", "inventory"] {
        let directory = bundle(&[]);
        copy(&projects.join(name), &directory.path().join("service"));
        let expected = std::fs::read(projects.join(format!("{name}.openapi.json"))).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let found = document(directory.path(), &["--option", "source=service"]);
        assert_eq!(format!("{:#}", normal(&found)), format!("{:#}", normal(&expected)), "{name}");
    }
}

#[test]
fn yaml_is_written_where_nothing_else_is_asked_for() {
    let app = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/a')\ndef a(): ...\n";
    let directory = bundle(&[("main.py", app), ("requirements.txt", "FastAPI==0.1\n")]);
    let output = pacto(directory.path(), &[]);
    assert!(output.status.success(), "{}", words(&output));
    let text = std::fs::read_to_string(directory.path().join("interfaces/openapi.yaml")).unwrap();
    assert!(text.starts_with("openapi: \"3.1.0\"\n") || text.starts_with("openapi: 3.1.0\n"), "{text}");
    assert!(words(&output).contains("contract: interfaces/openapi.yaml"), "{}", words(&output));
}

#[test]
fn applications_that_functions_make_and_fill() {
    let main = "from fastapi import FastAPI\nfrom api.routes import register\n\
        def create_app():\n    application = FastAPI(title='Made')\n    register(application)\n    return application\n";
    let routes = "from fastapi import APIRouter\nfrom .deps import PREFIX\nrouter = APIRouter(prefix=PREFIX + '/v1')\n\
        @router.api_route('/b', methods=['POST'])\ndef b(n: int): 'Doc of b.'\n\
        def register(app):\n    app.include_router(router)\n    @app.get('/c')\n    def c(): ...\n";
    let directory = bundle(&[
        ("src/main.py", main),
        ("src/api/__init__.py", ""),
        ("src/api/routes.py", routes),
        ("src/api/deps.py", "PREFIX = '/api'\n"),
        ("pyproject.toml", "dependencies = ['fastapi']\n"),
    ]);
    let found = document(directory.path(), &[]);
    assert_eq!(found["info"]["title"], "Made");
    assert_eq!(found["paths"]["/api/v1/b"]["post"]["operationId"], "b_api_v1_b_post");
    assert_eq!(found["paths"]["/api/v1/b"]["post"]["description"], "Doc of b.");
    assert_eq!(found["paths"]["/c"]["get"]["summary"], "C");
}

/// What no reading gives is told of, once, with its place.
#[test]
fn what_only_the_program_knows_is_said() {
    let main = concat!(
        "import os\nfrom fastapi import FastAPI, Query\nfrom pydantic import BaseModel, Field, ConfigDict\n",
        "from elsewhere import OddResponse\n\n",
        "def more(schema): schema['x'] = 1\n\n",
        "class Both(BaseModel):\n",
        "    model_config = ConfigDict(json_schema_extra=more)\n",
        "    size: int = int(os.environ['SIZE'])\n",
        "    made: list[str] = Field(default_factory=list)\n",
        "    extra: str = Field('a', json_schema_extra=more)\n\n",
        "app = FastAPI(title=os.environ['TITLE'])\n\n",
        "@app.post('/a', callbacks=os.environ)\n",
        "def a(one: Both, limit: int = Query(int(os.environ['LIMIT']))) -> Both: ...\n\n",
        "@app.get('/odd', response_class=OddResponse)\ndef odd(): ...\n",
    );
    let directory = bundle(&[("main.py", main), ("requirements.txt", "fastapi\n")]);
    let output = pacto(directory.path(), &["--option", "output=o.json"]);
    assert!(output.status.success(), "{}", words(&output));
    let said = String::from_utf8_lossy(&output.stderr);
    let mut notes: Vec<&str> = said.lines().filter(|line| line.starts_with("main.py")).collect();
    notes.sort_unstable();
    assert_eq!(
        notes,
        [
            "main.py:10: the default of size is computed while the program runs and was left out",
            "main.py:12: json_schema_extra is not run; what it adds to the schema was left out",
            "main.py:14: title is computed while the program runs and was left out",
            "main.py:16: callbacks are computed while the program runs and were left out",
            "main.py:17: the default of limit is computed while the program runs and was left out",
            "main.py:19: OddResponse is not among the sources; its media type was left out",
            "main.py:8: json_schema_extra is not run; what it adds to the schema was left out",
        ]
    );
    let found: Value =
        serde_json::from_slice(&std::fs::read(directory.path().join("o.json")).unwrap()).unwrap();
    assert_eq!(found["paths"]["/a"]["post"]["parameters"][0]["required"], json!(false));
    assert!(found["paths"]["/odd"]["get"]["responses"]["200"].get("content").is_none());
}

#[test]
fn registrations_behind_closures_methods_and_groups() {
    let main = concat!(
        "package main\nimport (\n \"context\"\n \"net/http\"\n \"github.com/danielgtaylor/huma/v2\"\n",
        " \"github.com/danielgtaylor/huma/v2/adapters/humago\"\n \"github.com/danielgtaylor/huma/v2/humacli\"\n)\n",
        "type Server struct { api huma.API; greeting string }\n",
        "type In struct { Name string `path:\"name\" maxLength:\"5\"` }\ntype Out struct { Body struct { Text string `json:\"text\"` } }\n",
        "func (s *Server) RegisterHello(api huma.API) { huma.Get(api, \"/hello/{name}\", s.hello) }\n",
        "func (s *Server) hello(ctx context.Context, in *In) (*Out, error) { return nil, nil }\n",
        "func (s *Server) routes() { g := huma.NewGroup(s.api, \"/v2\"); huma.Delete(g, \"/x\", s.hello, tagged(\"T\")) }\n",
        "func tagged(tag string) func(o *huma.Operation) { return func(o *huma.Operation) { o.Tags = append(o.Tags, tag) } }\n",
        "func main() {\n cli := humacli.New(func(hooks humacli.Hooks, o *struct{}) {\n  mux := http.NewServeMux()\n",
        "  api := humago.New(mux, huma.DefaultConfig(\"Hi\", \"2\"))\n  s := &Server{api: api}\n",
        "  huma.AutoRegister(api, s)\n  s.routes()\n })\n cli.Run()\n}\n",
    );
    let directory = bundle(&[
        ("main.go", main),
        ("go.mod", "module x\nrequire github.com/danielgtaylor/huma/v2 v2.37.2\n"),
    ]);
    let found = document(directory.path(), &[]);
    assert_eq!(found["info"], json!({"title": "Hi", "version": "2"}));
    let hello = &found["paths"]["/hello/{name}"]["get"];
    assert_eq!(hello["operationId"], "get-hello-by-name");
    assert_eq!(hello["parameters"][0]["schema"], json!({"type": "string", "maxLength": 5}));
    assert_eq!(found["paths"]["/v2/x"]["delete"]["operationId"], "delete-v2-x");
    assert_eq!(found["paths"]["/v2/x"]["delete"]["tags"], json!(["T"]));
    assert!(found["components"]["schemas"]["OutBody"]["properties"]["$schema"].is_object());
}
