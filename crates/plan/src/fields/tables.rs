//! The tables of fields: everything a plan can say.

use super::shape::FieldKind::{
    Any, Arrivals, Bool, Count, Duration, Durations, Either, Expected, JsonPath, List, Named, Object, Rate,
    Scalar, Status, Text, Url, Weight, Whole, Word,
};
use super::shape::{Field, FieldKind, Shape};

/// The methods that requests can have.
pub(crate) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Which row of a data source comes next.
pub(crate) const PICKS: [&str; 3] = ["random", "sequence", "user"];

pub(crate) static PLAN: Shape = Shape {
    name: "plan",
    doc: "A test: its load, what is asked for, and what is expected of it.",
    fields: &[
        Field::new("name", Scalar, "What the plan is called in reports; the file's name unless it is given."),
        Field::new("description", Scalar, "What the plan is for."),
        Field::new("host", Url, "Where requests go, such as http://localhost:8080. --host goes over it."),
        Field::new(
            "base",
            Text,
            "A plan that says what this one leaves out where it has no requests: like --base.",
        ),
        Field::new(
            "include",
            Either(&[Text, List(&Text)]),
            "Files whose tasks, data, headers, on_start and requests are taken below the plan's own.",
        ),
        Field::new("headers", HEADERS, "Headers of every request."),
        Field::new(
            "wait",
            Durations,
            "How long a user thinks after a task: 1s, or at random within 0.1s-0.5s. \
                    None unless it is given, and none in steps with a rate.",
        ),
        Field::new("timeout", Duration, "How long a request may take: 30s unless it is given."),
        Field::new(
            "resend",
            Bool,
            "Whether a request is sent again whose kept connection was closed without a response, as it is unless this is false.",
        ),
        Field::needed("steps", List(&STEP), "The load, one step after the other."),
        Field::new("arrivals", Arrivals, ARRIVALS_DOC),
        Field::new(
            "seed",
            Whole,
            "The seed of random arrivals, to repeat a run; at random unless it is given. --seed goes over it.",
        ),
        Field::new("requests", REQUESTS, "What users ask for, and how often; all tasks unless it is given."),
        Field::new("tasks", Named(&Either(&[Text, Object(&TASK)])), "Requests with a name."),
        Field::new(
            "on_start",
            List(&REQUEST),
            "What every user asks for once, before anything else, such as a log-in.",
        ),
        Field::new("data", Named(&DATA), "Where the values of {placeholders} come from."),
        Field::new("expected", Expected, "What is expected of the run."),
        Field::new(
            "audit",
            Named(&Object(&AUDIT)),
            "Stocks of the target that are read before and after the run.",
        ),
        Field::new("target", Object(&TARGET), "What the target reports about itself, and where."),
        Field::new("find", Object(&FIND), "What flashcrowd find searches for in this plan."),
        Field::new("stop_at_breaking_point", Bool, "Whether the run ends where the breaking point is found."),
    ],
};

pub(crate) static INCLUDED: Shape = Shape {
    name: "included file",
    doc: "What several plans have in common.",
    fields: &[
        Field::new("include", Either(&[Text, List(&Text)]), "Further files."),
        Field::new("headers", HEADERS, "Headers of every request."),
        Field::new("requests", REQUESTS, "What users ask for, and how often."),
        Field::new("tasks", Named(&Either(&[Text, Object(&TASK)])), "Requests with a name."),
        Field::new("on_start", List(&REQUEST), "What every user asks for once, before anything else."),
        Field::new("data", Named(&DATA), "Where the values of {placeholders} come from."),
    ],
};

const HEADERS: FieldKind = Named(&Scalar);
const REQUESTS: FieldKind = Either(&[List(&REQUEST), Named(&Weight)]);
const REQUEST: FieldKind = Either(&[Text, Object(&CALL), Named(&Either(&[Weight, Object(&TASK)]))]);
const STEP: FieldKind =
    Either(&[Object(&USERS), Object(&USER_STAIRCASE), Object(&RATE), Object(&RATE_STAIRCASE)]);

const STEP_NAME: Field = Field::new("name", Scalar, "What the step is called, for those who read the plan.");
const STEP_REQUESTS: Field =
    Field::new("requests", REQUESTS, "What users ask for in this step, instead of the plan's requests.");
const STEP_DURATION: Field =
    Field::needed("duration", Duration, "How long the step takes, its ramp-up included.");
const INTERVAL: Field = Field::needed("increment_interval", Duration, "How long each stair is held.");

pub(crate) static USERS: Shape = Shape {
    name: "step with users",
    doc: "So many virtual users, each making one request after the other.",
    fields: &[
        STEP_NAME,
        Field::needed("users", Count, "How many virtual users there are."),
        STEP_DURATION,
        Field::new(
            "ramp_up",
            Duration,
            "The first part of the duration, in which the number of users \
                    goes to what is ordered in a straight line.",
        ),
        STEP_REQUESTS,
    ],
};

pub(crate) static USER_STAIRCASE: Shape = Shape {
    name: "staircase of users",
    doc: "More and more virtual users, stair by stair.",
    fields: &[
        STEP_NAME,
        Field::needed("start_users", Count, "How many virtual users there are on the first stair."),
        Field::needed("increment", Count, "How many more there are on each stair."),
        INTERVAL,
        Field::needed("max_users", Count, "How many there are on the last stair."),
        STEP_REQUESTS,
    ],
};

pub(crate) static RATE: Shape = Shape {
    name: "step with a rate",
    doc: "So many requests a second, however long answers take.",
    fields: &[
        STEP_NAME,
        Field::needed("rate", Rate, "How many requests are started: 200/s, 100/m, or a number a second."),
        STEP_DURATION,
        Field::new(
            "ramp_up",
            Duration,
            "The first part of the duration, in which the rate goes to what is ordered in a straight line.",
        ),
        MOST_VUS,
        ARRIVALS,
        STEP_REQUESTS,
    ],
};

pub(crate) static RATE_STAIRCASE: Shape = Shape {
    name: "staircase of rates",
    doc: "More and more requests a second, stair by stair.",
    fields: &[
        STEP_NAME,
        Field::needed("start_rate", Rate, "How many requests are started on the first stair."),
        Field::needed("rate_increment", Rate, "How many more are started on each stair."),
        INTERVAL,
        Field::needed("max_rate", Rate, "How many are started on the last stair."),
        MOST_VUS,
        ARRIVALS,
        STEP_REQUESTS,
    ],
};

const ARRIVALS_DOC: &str = "How requests of steps with a rate are spread in time: poisson (at random, unless it is given), \
                    even (like a clock), or 'bursts of 20'.";
const ARRIVALS: Field = Field::new("arrivals", Arrivals, ARRIVALS_DOC);

const MOST_VUS: Field = Field::new(
    "max_users",
    Count,
    "How many virtual users there may be to keep up the rate: \
                    ten seconds' worth of requests unless it is given, from 50 to 20,000.",
);

/// The kinds of steps, each with the field that tells it.
pub(crate) static STEPS: [(&str, &Shape); 4] =
    [("users", &USERS), ("start_users", &USER_STAIRCASE), ("rate", &RATE), ("start_rate", &RATE_STAIRCASE)];

const WEIGHT: Field = Field::new(
    "weight",
    Weight,
    "How often it is made: 70%, or a number in proportion to the others. 1 unless it is given.",
);
const METHOD: Field =
    Field::new("method", Word(&METHODS), "GET unless it is given, or POST where there is a body.");
const HEADERS_OF_CALL: Field = Field::new("headers", HEADERS, "Headers of this request, over those of all.");
const JSON: Field = Field::new("json", Any, "What is sent, as JSON; may have {placeholders}.");
const BODY: Field = Field::new("body", Text, "What is sent, as text; may have {placeholders}.");
const FORM: Field = Field::new("form", Named(&Scalar), "What is sent, as the fields of a form.");
const CHECKS: Field = Field::new("checks", CHECKS_OF_CALL, "What must hold of the answer.");
const SAVE: Field =
    Field::new("save", Named(&FOUND), "What is kept of the answer, as {placeholders} for everything after.");
const TIMEOUT: Field =
    Field::new("timeout", Duration, "How long it may take, instead of the plan's timeout.");
const SELLS: Field = Field::new(
    "sells",
    Either(&[SOLD, Named(&SOLD)]),
    "What one success of it sells, by the name of the audit; \
                    the name may be left out where there is one audit.",
);
const CHECKS_OF_CALL: FieldKind = Either(&[List(&Object(&CHECK)), Object(&CHECK)]);
const FOUND: FieldKind = Either(&[JsonPath, Object(&HEADER)]);
const SOLD: FieldKind = Either(&[Whole, Text]);

pub(crate) static CALL: Shape = Shape {
    name: "request in full",
    doc: "A request with all that belongs to it.",
    fields: &[
        Field::new("name", Scalar, "What it is counted under; method and path unless it is given."),
        WEIGHT,
        METHOD,
        Field::needed("path", Text, "The path, or a whole URL; may have {placeholders}."),
        HEADERS_OF_CALL,
        JSON,
        BODY,
        FORM,
        CHECKS,
        SAVE,
        TIMEOUT,
        SELLS,
    ],
};

/// A request whose name stands before it; so may its method and path.
pub(crate) static TASK: Shape = Shape {
    name: "request",
    doc: "What belongs to a request whose name, or method and path, stands before it.",
    fields: &[
        WEIGHT,
        METHOD,
        Field::new("path", Text, "The path, or a whole URL; may have {placeholders}."),
        HEADERS_OF_CALL,
        JSON,
        BODY,
        FORM,
        CHECKS,
        SAVE,
        TIMEOUT,
        SELLS,
    ],
};

pub(crate) static HEADER: Shape = Shape {
    name: "value to keep",
    doc: "A value of an answer's header.",
    fields: &[Field::needed("header", Text, "The header's name.")],
};

pub(crate) static CHECK: Shape = Shape {
    name: "check",
    doc: "What must hold of an answer.",
    fields: &[
        Field::new("status", Status, "The status: 200, 2xx, or a list of these."),
        Field::new("body_contains", Scalar, "The body has this text in it."),
        Field::new("body_matches", Text, "The body matches this regular expression."),
        Field::new("json", Named(&Any), "What JSON paths find in the body is this."),
        Field::new(
            "json_exists",
            Either(&[JsonPath, List(&JsonPath)]),
            "JSON paths find something in the body.",
        ),
        Field::new("response_time", Either(&[Duration, Text]), "The answer takes less: < 500ms."),
    ],
};

const DATA: FieldKind = Either(&[Text, List(&Any), Object(&FILE), Object(&VALUES), Object(&SEQUENCE)]);

pub(crate) static FILE: Shape = Shape {
    name: "data file",
    doc: "Rows of a file.",
    fields: &[
        Field::needed(
            "file",
            Text,
            "A CSV file with a line of names above its rows, or a JSON file with a list.",
        ),
        PICK,
    ],
};

pub(crate) static VALUES: Shape = Shape {
    name: "list of values",
    doc: "Values that are written here.",
    fields: &[Field::needed("values", List(&Any), "The values."), PICK],
};

pub(crate) static SEQUENCE: Shape = Shape {
    name: "sequence",
    doc: "Whole numbers, none of which is given twice.",
    fields: &[
        Field::needed("sequence", Whole, "The first."),
        Field::new("step", Whole, "From one to the next: 1 unless it is given."),
    ],
};

const PICK: Field = Field::new(
    "pick",
    Word(&PICKS),
    "Which row comes next: random (unless it is given), \
                    sequence (one after the other over all users) or user (each user keeps one).",
);

/// The kinds of data that are objects, each with the field that tells it.
pub(crate) static SOURCES_OF_DATA: [(&str, &Shape); 3] =
    [("file", &FILE), ("values", &VALUES), ("sequence", &SEQUENCE)];

pub(crate) static AUDIT: Shape = Shape {
    name: "audit",
    doc: "A stock of the target that is read before and after the run.",
    fields: &[
        Field::needed(
            "read",
            Either(&[Text, Object(&CALL), List(&Either(&[Text, Object(&CALL)]))]),
            "The requests that read it, such as GET /inventory/{1..10}; their values are added up.",
        ),
        Field::new(
            "value",
            JsonPath,
            "Where the value is in the answer; the whole answer unless it is given.",
        ),
        Field::new(
            "sells",
            Named(&SOLD),
            "What one success of a request sells, by task or by method and path: \
                    a number, the name of a field of its JSON body, or a JSON path into the answer.",
        ),
    ],
};

pub(crate) static FIND: Shape = Shape {
    name: "search",
    doc: "A search for the largest load at which promises hold, as flashcrowd find makes it.",
    fields: &[
        Field::new(
            "promises",
            Expected,
            "What has to hold: percentiles of response times, error_rate, checks. \
                    What is expected of the run unless it is given.",
        ),
        Field::new(
            "rate",
            Text,
            "The rates to search, such as 10..1000: from around the plan's own unless it is given.",
        ),
        Field::new("users", Text, "The numbers of users to search instead, such as 1..500."),
        Field::new(
            "at_least",
            Scalar,
            "The load that has to hold at least, such as 300/s, or 300 for users.",
        ),
        Field::new(
            "precision",
            Text,
            "Half the width of the interval at which the search ends: 5% unless it is given.",
        ),
        Field::new("time", Duration, "How long the search may take: 90s unless it is given."),
        Field::new(
            "scenario",
            Text,
            "The only run of steps that is searched: rate, users, rate_2 and so on.",
        ),
    ],
};

pub(crate) static TARGET: Shape = Shape {
    name: "target",
    doc: "What the target reports about itself.",
    fields: &[
        Field::new(
            "metrics",
            Either(&[Word(&["auto", "off"]), Text, List(&Text)]),
            "What the target reports about itself: auto tries /metrics and /actuator/prometheus of the host, off reads \
                    nothing; else a source or a list of them, as for --observe: the URL of a page of metrics, redis://, \
                    mysql://, postgres://, host, process:NAME, cgroup:PATH.",
        ),
        Field::new(
            "charts",
            Either(&[Text, List(&Text)]),
            "Series of any source that are charted in the report and on the live page, each by its name or by its name and \
             labels, such as inventory_stock_current.",
        ),
    ],
};
