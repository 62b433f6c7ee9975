"""A real Slurm on this machine alone, for tests: one node that claims some cores and two GPUs, which are links to /dev/null.

Needs root and Debian's packages slurm-wlm and munge. Its configuration has to lie in /etc/slurm, where Slurm's programs look for
it (the plugin that runs Snakemake's job steps passes no other place on); one that is there already is never touched.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

HOME = Path("/etc/slurm")
MUNGED = Path("/run/munge/munged.pid")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,batch_sched_delay=0
EnforcePartLimits=ALL
KillWait=5
MpiDefault=none
ReturnToService=2
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES MaxTime=600 State=UP
PartitionName=gpu Nodes={host} MaxTime=600 State=UP
"""


def missing() -> str:
    """Why there can be no cluster here; empty if there can."""
    if os.geteuid() != 0:
        return "Slurm can only be started by root"
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"no {', '.join(absent)} is installed (Debian: apt-get install slurm-wlm munge)"
    return f"{HOME}/slurm.conf is there already" if (HOME / "slurm.conf").exists() else ""


class Cluster:
    """Started in a folder of its own, stopped by the process numbers that its daemons wrote there."""

    def __init__(self, folder: Path):
        self.folder, self.host = folder, socket.gethostname().split(".")[0]
        self.daemons = [folder / "slurmd.pid", folder / "slurmctld.pid"]
        for name in ("state", "spool"):
            (folder / name).mkdir()
        for number in range(2):
            (folder / f"gpu{number}").symlink_to("/dev/null")  # Slurm drops GPUs that have no device file
        HOME.mkdir(exist_ok=True)
        (HOME / "slurm.conf").write_text(CONFIG.format(host=self.host, folder=folder))
        (HOME / "gres.conf").write_text(f"Name=gpu File={folder}/gpu[0-1]\n")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        hosts = Path("/etc/hosts")
        if subprocess.run(["getent", "hosts", self.host], capture_output=True).returncode:
            hosts.write_text(hosts.read_text() + f"127.0.0.1 {self.host}\n")
        if not self._works("munge", "-n"):
            Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge", "munge")
            subprocess.run(["runuser", "-u", "munge", "--", shutil.which("munged")], check=True)
            self.daemons.append(MUNGED)
        subprocess.run(["slurmctld"], check=True)
        self._wait(lambda: "UP" in self.ask("scontrol", "ping"))
        subprocess.run(["slurmd"], check=True)
        self._wait(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"))

    def _works(self, *command) -> bool:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0

    def _wait(self, true, most=30.0):
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > most:
                logs = "".join(path.read_text()[-1500:] for path in self.folder.glob("*.log"))
                raise TimeoutError(f"Slurm did not come up:\n{logs}")
            time.sleep(0.2)

    def ask(self, *command) -> str:
        """What a command prints."""
        return subprocess.run(command, capture_output=True, text=True).stdout

    def jobs(self) -> list[dict]:
        """Running jobs: id, name, the GPUs that they were given, and the partition, memory and time that they asked for."""
        found = []
        for text in self.ask("scontrol", "show", "job", "-d").split("\n\n"):
            words = dict(word.split("=", 1) for word in text.split() if "=" in word)
            if words.get("JobState") == "RUNNING":
                given = text.partition("GRES=gpu")[2].partition("IDX:")[2].partition(")")[0]
                gpus = {int(number) for number in given.split(",") if number.isdigit()}
                asked = tuple(words[key] for key in ("Partition", "MinMemoryNode", "TimeLimit"))
                found.append({"id": words["JobId"], "rule": words.get("Comment", ""), "gpus": gpus, "asked": asked})
        return found

    def drain(self, on: bool):
        """Take the node out of service, so that running jobs end and none begins, or back into it."""
        state = ["State=DRAIN", "Reason=test"] if on else ["State=RESUME"]
        subprocess.run(["scontrol", "update", f"NodeName={self.host}", *state], check=True)

    def stop(self):
        """Cancel all jobs and end the daemons."""
        subprocess.run(["scancel", "--user=root"], capture_output=True)
        time.sleep(1)
        for pid in self.daemons:
            if pid.exists():
                os.kill(int(pid.read_text()), signal.SIGTERM)
                self._wait(lambda path=pid: not path.exists() or not Path(f"/proc/{path.read_text().strip()}").exists())
        for name in ("slurm.conf", "gres.conf"):
            (HOME / name).unlink(missing_ok=True)
