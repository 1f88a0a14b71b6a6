//! Plans of several files: includes, bases, several plans in one file.

use flashcrowd_plan::TestPlan;

use crate::fixture::Folder;

const STEPS: &str = "steps: [{users: 1, duration: 1s}]\n";

fn tasks(plan: &TestPlan) -> Vec<&str> {
    plan.tasks.iter().map(|call| call.name.as_str()).collect()
}

#[test]
fn a_file_can_have_several_plans() {
    let one = format!("name: one\nhost: http://h\nrequests: [GET /1]\n{STEPS}");
    let text = format!("{one}---\n{}---\n", one.replace('1', "2").replace("one", "two"));
    let plans = Folder::new().file("plan.yaml", &text).read().unwrap();
    let names: Vec<_> = plans.iter().map(|plan| (plan.name.as_str(), tasks(plan))).collect();
    assert_eq!(names, [("one", vec!["GET /1"]), ("two", vec!["GET /2"])]);
}

#[test]
fn includes_are_below_what_the_plan_says() {
    let folder = Folder::new()
        .file(
            "common/tasks.yaml",
            "
include: ../more.yaml
data: {product: {file: products.csv}, size: 1..2}
tasks: {browse: 'GET /common/{product.id}', buy: POST /common}
requests: [browse: 1, buy: 2]
",
        )
        .file("common/products.csv", "id\n1\n")
        .file("more.yaml", "headers: {X-More: '1'}\ntasks: {buy: POST /more, look: GET /more}\n")
        .file(
            "plan.yaml",
            &format!("include: [common/tasks.yaml]\nhost: http://h\ndata: {{size: 5..9}}\ntasks: {{browse: GET /own}}\n{STEPS}"),
        );
    let plan = folder.read().unwrap().remove(0);
    assert_eq!(tasks(&plan), ["browse", "buy", "look"]);
    let paths: Vec<_> = plan.tasks.iter().map(|call| format!("{:?}", call.path.parts)).collect();
    assert_eq!(paths, ["[Text(\"/own\")]", "[Text(\"/common\")]", "[Text(\"/more\")]"]);
    assert_eq!(plan.mixes[0].tasks, [(0, 1.0), (1, 2.0)]);
    assert_eq!(plan.headers.len(), 1);
    let sources: Vec<_> =
        plan.sources.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(sources, ["plan.yaml", "tasks.yaml", "more.yaml"]);
}

#[test]
fn what_is_wrong_in_an_included_file_is_said_of_that_file() {
    let folder = Folder::new()
        .file("common.yaml", "steps: []\ntasks:\n  buy: {pth: /x}\ninclude: common.yaml\n")
        .file("plan.yaml", &format!("host: http://h\ninclude: [common.yaml, gone.yaml]\n{STEPS}"));
    let problems = folder.read().unwrap_err();
    assert!(
        problems.contains("common.yaml:1:1: unknown field 'steps': an included file has include, headers"),
        "{problems}"
    );
    assert!(
        problems.contains("common.yaml:3:9: unknown field 'pth' of a request: did you mean 'path'?"),
        "{problems}"
    );
    assert!(problems.contains("common.yaml:4:10: common.yaml includes itself"), "{problems}");
    assert!(problems.contains("plan.yaml:2:24: cannot read gone.yaml"), "{problems}");
}

#[test]
fn a_base_says_what_plans_leave_out() {
    let base = "
name: base
host: http://base
wait: 1s
on_start: [POST /login: {save: {token: $.t}}]
headers: {Authorization: 'Bearer {token}'}
tasks: {buy: POST /buy}
steps: [{users: 9, duration: 9s}]
expected: [error_rate: 0%]
";
    let text = format!("name: plan\n{STEPS}---\nname: own\nrequests: [GET /own]\n{STEPS}");
    let folder = Folder::new().file("base.yaml", base).file("plan.yaml", &text).base("base.yaml");
    let plans = folder.read().unwrap();
    let [plan, own] = &plans[..] else { panic!() };
    assert_eq!((plan.name.as_str(), plan.host.as_str(), tasks(plan)), ("plan", "http://base", vec!["buy"]));
    assert_eq!((plan.on_start.len(), plan.headers.len(), plan.wait.end().as_secs()), (1, 1, 1));
    assert_eq!((plan.expected.len(), plan.scenarios[0].executor.length().as_secs()), (0, 1));
    // A plan with requests of its own is complete but for the host.
    assert_eq!((own.host.as_str(), tasks(own), own.headers.len()), ("http://base", vec!["GET /own"], 0));
    let folder = folder.host("http://given:1/");
    assert!(folder.read().unwrap().iter().all(|plan| plan.host == "http://given:1"));
}

#[test]
fn a_plan_can_name_its_base() {
    let folder = Folder::new()
        .file("base.yaml", "host: http://base\ntasks: {buy: POST /buy, look: GET /look}\n")
        .file("plan.yaml", &format!("base: base.yaml\nrequests: [buy: 10%, look: 90%]\n{STEPS}"));
    let plan = folder.read().unwrap().remove(0);
    assert_eq!(
        (tasks(&plan), plan.mixes[0].tasks.clone()),
        (vec!["buy", "look"], vec![(0, 10.0), (1, 90.0)])
    );
}

#[test]
fn requests_of_a_bases_step_will_do() {
    let base =
        "steps:\n  - users: 1\n    duration: 60s\n    requests:\n      - GET /a: 50%\n      - POST /b: 50%\n";
    let folder =
        Folder::new().file("base.yaml", base).file("plan.yaml", STEPS).base("base.yaml").host("http://h");
    assert_eq!(tasks(&folder.read().unwrap()[0]), ["GET /a", "POST /b"]);
}

#[test]
fn a_plan_without_a_host_or_requests_is_told_what_to_give() {
    let problems = Folder::new().file("plan.yaml", STEPS).read().unwrap_err();
    assert_eq!(
        problems,
        "plan.yaml:1:1: the plan asks for nothing: write 'requests:', or give a plan that has them with --base\n\
         plan.yaml:1:1: the plan has no host: write 'host: http://localhost:8080', or give one with --host\n"
    );
    let folder = Folder::new().file("plan.yaml", STEPS).base("gone.yaml").host("localhost");
    let problems = folder.read().unwrap_err();
    assert!(problems.contains("plan.yaml: cannot read gone.yaml"), "{problems}");
    assert!(
        problems.contains("--host: 'localhost' is no URL of a host: write http://localhost"),
        "{problems}"
    );
    let problems = Folder::new().read().unwrap_err();
    assert!(problems.starts_with("plan.yaml: cannot read plan.yaml"), "{problems}");
    let problems = Folder::new().file("plan.yaml", "# nothing\n---\n").read().unwrap_err();
    assert!(problems.contains("the file has no plan in it"), "{problems}");
}
