//! The arguments of `locust` are Locust's own, which Python reads.

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  flashcrowd locust -f locustfile.py -H http://127.0.0.1:8080 --headless -u 1000 -r 50 -t 60s --csv out
  flashcrowd locust -H http://127.0.0.1:8080            with the page, on http://127.0.0.1:8089
  flashcrowd locust --headless -u 100 -t 5m MyUser      only one class of users of locustfile.py
  flashcrowd locust --headless --rate 200/s -t 30s      200 tasks a second, whoever is idle
  flashcrowd locust --headless -u 500 -t 5m --expect 'response_time_p99: < 500ms'
  flashcrowd locust --help                              all options, those of the file as well
  flashcrowd run locustfile.py --headless -u 10 -t 1m   the same command line with the file first

Options are Locust's: flags, LOCUST_* variables, locust.conf, pyproject.toml. --rate, --iterations, --expect,
--record and --python are ours. Python runs the tasks and is looked for in this order: --python, VIRTUAL_ENV,
.venv beside the file or above, python3 on PATH; it needs gevent, and requests for HttpUser.

Exit codes are Locust's: 0 fine, 1 failures or exceptions (--exit-code-on-error), 2 a listener or greenlet
raised, the Python process ended or did not end, or wrong usage; what the file sets as process_exit_code wins.
99 an expectation was given and missed, 104 there is no Python with gevent.";

/// Options of `locust`.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub struct LocustArgs {
    /// Locust's command line, such as -f FILE --headless -u USERS -t TIME; --help shows all of it
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
}
