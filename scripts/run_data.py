"""run_data: what a run of scripts/demo or scripts/lab has left in its folder, read by who judges it: demo-report, lab-report, lab-verdict."""
import json
import math

MS = 1_000_000
CELL = 1 / 8  # a connection's quantile is at most so much off

# From how many prompt round trips on these stand alone, whatever else there is. A player's side may have delayed the others.
ALWAYS_PROMPT = 0        # lab-report: beside the line's own delay stands what cannot hold anything else, or nothing
FEW_PROMPT = 20          # demo-report: as the agent's tables, which it prints above
NEVER_ALONE = math.inf   # lab-verdict: of a dozen seconds, a few prompt ones are those of a stall of this machine


def lines_of(path):
    """The objects of a file of JSON lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def connections_of(folder):
    return json.loads((folder / "connections.json").read_text())["connections"]


def services_of(folder):
    return {service["service"]: service for service in json.loads((folder / "services.json").read_text())["services"]}


def lag_of(folder, kind):
    """What the server's injector did of this kind, in the order of time."""
    return [line for line in lines_of(folder / "lag.log") if line["kind"] == kind]


def length_ns(injected):
    """How long an injection, or a hitch, really was."""
    return injected["end_mono_ns"] - injected["begin_mono_ns"]


def address(row):
    return row["remote"].rpartition(":")[0]


def line_rtt(row, prompt_alone):
    """The round trips over the line alone that a connection has, as {"p50_ns": ...}: without the time for which the player held them where
    the service's rule tells it; else prompt ones, or, where these are fewer than prompt_alone and than the others, those that may
    have been delayed."""
    if row["rtt_network"]["p50_ns"] is not None:
        return row["rtt_network"]
    prompt, delayed = row["rtt"], row["rtt_maybe_delayed"]
    few = prompt["samples"] < prompt_alone
    return delayed if delayed and few and prompt["samples"] < delayed["samples"] else prompt
