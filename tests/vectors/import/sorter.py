# An application in the manner of Ramble, of our own making.
import os

from ramble.appkit import *
from ramble.expander import Expander


class Sorter(ExecutableApplication):
    """Sorts numbers"""

    name = "sorter"

    maintainers("nobody")

    executable("make-input", template=["seq {count} > in.txt", "shuf in.txt -o {out_file}"], use_mpi=False)
    executable("sort", "{prefix}/bin/psort --ranks {n_ranks} -n {count} {flags}" + " {out_file}", use_mpi=True)
    executable("background", "sleep 10", use_mpi=False, run_in_background=True)

    workload("parallel", executables=["sort"])
    workload("whole", executables=["make-input", "sort"], input="numbers")
    workload("odd", executables=["background"])

    input_file("numbers", url="https://example.org/numbers.tgz", sha256="00", description="Numbers")

    workload_variable("count", default="1000", description="How many", workloads=["parallel", "whole"])
    workload_variable("flags", default="--quick --stable", description="More", workload="parallel")
    workload_variable("flags", default="", description="More", workload="whole")
    workload_variable("out_file", default="{experiment_run_dir}/sorted.txt", description="x", workloads=["parallel"])
    workload_variable("out_file", default="shuffled.txt", description="x", workloads=["whole"])

    environment_variable("SORTER_MODE", value="fast", description="x", workloads=["parallel"])

    log = os.path.join(Expander.expansion_str("experiment_run_dir"), "sorter.log")

    figure_of_merit("Sorting Rate", fom_regex=r"rate: (?P<rate>[0-9.]+) keys/s", group_name="rate", units="keys/s")
    figure_of_merit("Time", log_file=log, fom_regex=r".*took\s+(?P<t>\d+)", group_name="t", units="s")
    figure_of_merit("Swaps", fom_regex=r"(?P<n>\d+) swaps", group_name="n", units="")
    figure_of_merit("{part} time", fom_regex=r"(?P<n>\d+)", group_name="n", units="s", contexts=["part"])

    success_criteria("sorted", mode="string", match=r"all sorted", file="{log_file}")
    success_criteria("own", mode="application_function")

    for i in range(3):
        executable(f"loop{i}", "true", use_mpi=False)
