"""The workflow as Snakemake sees it: dry runs, lint, conventions of the rules, profiles."""

import ast
import re
import shutil
import sys

import pytest
import yaml

from overinterp.plan import jobs, start
from overinterp.plan.lists import DATASETS
from overinterp.plan.read import load, read
from tests.workflow.environments import packages
from tests.workflow.running import ROOT, plan, run

RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))


def asks_for_a_gpu(rule):
    """Whether a rule asks for one GPU or more where the config says so."""
    return re.search(r"gpu=(lambda wildcards: )?GPU\b", rule) is not None


def rules():
    """Each rule's name and text."""
    return {m[1]: m[0] for m in re.finditer(r"^rule (\w+):\n(?:(?:    .*)?\n)*", RULES, re.M)}


def test_imagenet_plans_over_a_thousand_folders(tmp_path):
    """Of the pictures only names and sizes are looked at before anything runs."""
    for split in ("train", "val"):
        for number in range(1000):
            (tmp_path / f"data/imagenet/{split}/n{number:08d}").mkdir(parents=True)
            for name in ("1.JPEG", "2.JPEG"):
                (tmp_path / f"data/imagenet/{split}/n{number:08d}/{name}").touch()
    result = plan(tmp_path, config=ROOT / "config/imagenet.yaml")
    assert result.returncode == 0, result.stderr
    assert 800 < int(re.search(r"^total\s+(\d+)", result.stdout, re.M)[1]) < 1200


def test_one_figure_plans_only_what_it_needs(tmp_path):
    result = plan(tmp_path, "results/digits/figures/pixel_heatmap.pdf")
    assert result.returncode == 0, result.stderr
    counts = dict(re.findall(r"^(\w+)\s+(\d+)$", result.stdout, re.M))
    assert "export_trials" not in counts and counts["make_table"] == counts["draw_figure"] == "1"
    assert counts["prepare_split"] == "2" and counts["describe_data"] == "1"
    assert not re.search(r"backselect_4|random_16|planted", result.stdout)


def test_a_mistake_stops_snakemake_with_one_sentence(tmp_path):
    text = (ROOT / "config" / "config.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("epochs: 50", "epoch: 50"))
    result = plan(tmp_path, config=tmp_path / "mine.yaml")
    assert result.returncode == 1
    assert "config key studies.digits.training.epoch: unknown; did you mean 'epochs'?" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_every_rule_has_what_it_should():
    found = rules()
    assert len(found) >= 15
    for name, text in found.items():
        assert "input:" in text or name == "download_data", name  # which begins with nothing
        assert asks_for_a_gpu(text) if "device=device" in text else "gpu" not in text, name
        for directive in ('"""', "output:", "log:", "conda:", "threads:", "mem_mb=", "runtime=", "script:"):
            assert directive in text, f"{name} lacks {directive}"
        if name not in ("download_data", "check_classifier"):  # not to be done again because their code has changed
            assert re.search(rf'code=(lambda wildcards: )?code_(version|of)\("{name}.py"', text.replace("\n", "")), name
        assert f'"../workflow/scripts/{name}.py"' in text, name


def test_all_asks_for_every_output_of_the_rules_that_end_in_something_to_look_at():
    """What is deleted is then made again, and Snakemake's report finds what it was promised."""
    (study, *_) = read(load(ROOT / "config" / "config.yaml"))
    wanted = {*jobs.everything(study)}
    for rule in (
        "train_network",
        "make_table",
        "draw_figure",
        "write_verdict",
        "write_answers",
        "export_trials",
        "analyze_human",
    ):
        block = re.search(r"output:\n(.*?)\n    \w+:\n", rules()[rule], re.DOTALL)[1]
        outputs = re.findall(r'"(results/.*?)"', block)
        assert outputs
        values = {"study": study.name, "model": next(iter(study.networks)), "table": "sis_size", "figure": "sis_examples"}
        assert {output.format(**values) for output in outputs} <= wanted, rule


@pytest.mark.parametrize("path", sorted((ROOT / "workflow" / "scripts").glob("*.py")), ids=lambda path: path.name)
def test_scripts_touch_snakemake_in_their_last_lines_only(path):
    tree = ast.parse(path.read_text())
    assert path.stem in rules()
    last = tree.body[-1]
    assert isinstance(last, ast.If) and "globals()" in ast.unparse(last.test)
    assert "job.start(" in ast.unparse(last.body[0]), "what goes wrong before is in no log"
    for node in tree.body[:-1]:
        assert "snakemake." not in ast.unparse(node) or "TYPE_CHECKING" in ast.unparse(node)
    assert any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def test_what_is_reported_has_one_label():
    """Of several, Snakemake makes one with two values a switch, and its report goes blank where a result has but one of them."""
    labels = [part for path in (ROOT / "rules").glob("*.smk") for part in re.findall(r"labels=(.*),\n", path.read_text())]
    assert len(labels) == 6 and all(len(ast.literal_eval(part)) == 1 for part in labels), labels


KEYS = ("resources", "default-resources", "set-resources", "set-threads", "groups", "group-components")


def given(profile, whole=False):
    """A profile; ``whole``: with what stands in comments for its reader to take."""
    text = (ROOT / "profiles" / profile / "config.yaml").read_text()
    return yaml.safe_load(re.sub(r"^( *)# ( *[\w-]+:( |$))", r"\1\2", text, flags=re.M) if whole else text)


def test_profiles_name_existing_rules_and_known_keys():
    assert {"set-threads", "default-resources"} <= set(given("slurm", whole=True))
    for name, whole in (("default", False), ("slurm", False), ("slurm", True)):
        profile = given(name, whole)
        for key, value in profile.items():
            assert not isinstance(value, dict) or key in KEYS, key
        for rule in [key for setting in ("set-resources", "set-threads", "groups") for key in profile.get(setting, {})]:
            assert rule in rules(), rule
        for asked in [profile.get("default-resources", {}), *profile.get("set-resources", {}).values()]:
            start.know_resources(name, asked)
        assert set(profile.get("groups", {}).values()) == set(profile.get("group-components", {}))
    profile = given("slurm")
    asking = {name for name, text in rules().items() if asks_for_a_gpu(text)}
    assert not {"runtime", "mem_mb"} & set(profile["default-resources"]), "every rule has its own, so that none of these counts"
    minutes = {name: int(found[1]) for name, text in rules().items() if (found := re.search(r"runtime=growing\((\d+)\)", text))}
    long = {name for name, most in minutes.items() if most > 60}
    named = "the Slurm profile names every rule that asks for a GPU, or for more than an hour"
    assert asking | long == set(profile["set-resources"]), named
    for name, asked in profile["set-resources"].items():
        assert asked["runtime"] == f"{minutes[name]} * attempt", name
    assert 10 <= profile["slurm-init-seconds-before-status-checks"] <= 20, "with the plugin's 40 short jobs wait for it"
    assert profile["rerun-triggers"] == ["mtime", "params", "input", "software-env"]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--set-resources", "search_ordering:mem_mb=9"], "set-resources: found 'search_ordering', which is no rule; did you"),
        (["--set-resources", "list_files:slurm_partiton=a"], "set-resources.list_files: found the resource 'slurm_partiton', which nothing reads; did you mean 'slurm_partition'?"),
        (["--default-resources", "slurm_acount=a"], "default-resources: found the resource 'slurm_acount'"),
        (["--default-resources", "slurm_qos=a"], "default-resources: found the resource 'slurm_qos', which nothing reads; did you mean 'qos'?"),
        (["--set-threads", "training=2"], "set-threads: found 'training', which is no rule"),
        (["--default-resources", "mem_gb=4", "slurm_partition=a", "--set-resources", "make_table:gres=gpu:1", "make_table:mem_mb=9", "--set-threads", "train_network=2", "all=1"], ""),
    ],
)  # fmt: skip
def test_settings_that_nothing_reads_stop_snakemake_with_one_sentence(tmp_path, option, words):
    elsewhere = ("--snakefile", ROOT / "Snakefile", "--directory", ROOT)  # than where Snakemake is started
    result = run(tmp_path, "-n", *elsewhere, "--quiet", "rules", *option)
    said = result.stdout + result.stderr
    assert result.returncode == bool(words) and words in said and "Traceback" not in said, said


def test_what_sbatch_calls_otherwise_is_told_and_runs_on(tmp_path):
    """Another executor, with a command of one's own, may read it."""
    result = plan(tmp_path, "--default-resources", "partition=a")
    said = "default-resources: found the resource 'partition', which the Slurm plugin does not read; slurm_partition is meant"
    assert result.returncode == 0 and said in result.stdout + result.stderr


def imported(path, seen):
    """Third-party packages that a script reaches through the library."""
    from overinterp.code_version import _imports, _module_files

    if path in seen:
        return set()
    seen.add(path)
    found = set()
    for name in _imports(ast.parse(path.read_text())):
        files = list(_module_files(name, ROOT / "workflow" / "scripts"))
        if name == "overinterp.job":
            found.add("tqdm")  # and torch only where a script asks for its threads
        for file in files:
            found |= imported(file, seen)
        top = name.split(".")[0]
        if not files and top not in sys.stdlib_module_names and top not in ("overinterp", "snakemake"):
            found.add({"sklearn": "scikit-learn", "PIL": "pillow", "jinja2": "Jinja2"}.get(top, top))
    return found


def named(rule):
    """Modules that a rule's jobs may load by name."""
    modules = ROOT / "workflow" / "scripts" / "overinterp"
    folders = {"make_table": ["tables"], "draw_figure": ["figures"], "import_classifier": ["models"]}
    found = [path for folder in folders.get(rule, []) for path in (modules / folder).rglob("*.py")]
    if rule in ("prepare_split", "list_files", "list_boxes", "describe_data"):
        found += [modules / "data" / f"{dataset.module.rpartition('.')[2]}.py" for dataset in DATASETS.values()]
    return found


OPTIONAL = {"transformers"}  # said in one sentence where it is missing


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_environment_lists_what_its_scripts_import(name):
    """Under --use-conda a missing package would silently be taken from Snakemake's own environment."""
    env = "science" if "SCIENCE" in rules()[name] else re.search(r'"../envs/(\w+)\.yaml"', rules()[name])[1]
    listed = yaml.safe_load((ROOT / "envs" / f"{env}.yaml").read_text())["dependencies"][-1]["pip"]
    seen = set()
    needed = imported(ROOT / "workflow" / "scripts" / f"{name}.py", seen)
    needed |= set().union(*(imported(path, seen) for path in named(name)))
    assert needed - OPTIONAL <= {entry.split("==")[0] for entry in listed}, needed


def test_environments_pin_what_requirements_pin():
    pinned = set((ROOT / "requirements.txt").read_text().split())
    for env in (ROOT / "envs").glob("*.yaml"):
        for entry in packages(env):
            assert entry in pinned, f"{env.name}: {entry}"
    assert packages(ROOT / "envs/science.yaml") == packages(ROOT / "envs/science_cpu.yaml")
    assert "/whl/cpu" in (ROOT / "envs/science_cpu.yaml").read_text()


def test_no_map_of_the_default_config_leaks_into_another(tmp_path):
    """The plan of a config of one's own holds no job of the demo."""
    (tmp_path / "mine.yaml").write_text(
        "studies:\n"
        "  - name: mine\n"
        "    data: {dataset: digits, train_images: 100, test_images: 50}\n"
        "    architectures: [small_cnn]\n"
        "    seeds: [0]\n"
        "    training: {}\n"
        "    conditions: [{name: full}]\n"
        "    searches: [{name: gradient, method: gradient, runs: [{models: ['*'], split: test}]}]\n"
        "    analysis: {search: gradient}\n"
        "    figures: [pixel_heatmap]\n"
    )
    shutil.copytree(ROOT / "config", tmp_path / "config")
    result = plan(tmp_path, config=tmp_path / "mine.yaml")
    assert result.returncode == 0, result.stderr
    assert "results/mine/" in result.stdout
    assert "results/digits" not in result.stdout and "results/planted" not in result.stdout


OWN = """
studies:
  - name: own
    data: {dataset: folder, path: photos, test_images: 4}
    classifiers: [{name: mine, from: torchvision, model: squeezenet1_0, weights: IMAGENET1K_V1}]
    searches: [{name: gradient, method: gradient, runs: [{models: [mine], split: test}]}]
    analysis: {search: gradient}
"""


def asked_for(option, config, folder):
    """What a rule's first job in a dry run asks for: MB and minutes, as text, by the rule's name."""
    result = plan(folder, *option, config=config)
    assert result.returncode == 0, result.stderr
    found = {}
    for name, text in re.findall(r"rule (\w+):\n(?: .*\n)*? *resources: (.*)", result.stdout):
        given = dict(word.split("=") for word in text.split(", "))
        found.setdefault(name, (given.get("mem_mb"), given.get("runtime")))
    return found


@pytest.mark.parametrize("profile", [(), ("--workflow-profile", str(ROOT / "profiles/slurm"))], ids=["rules", "slurm"])
def test_the_second_try_of_every_rule_asks_for_twice_the_memory_and_time(profile, tmp_path):
    studies = [yaml.safe_load((ROOT / "config" / name).read_text())["studies"][0] for name in ("config.yaml", "cifar10-cpu.yaml")]
    own = yaml.safe_load(OWN)["studies"][0]
    own["classifiers"][0]["expect"] = {"accuracy": 0.5}
    own["data"]["boxes"] = "boxes.csv"
    (tmp_path / "photos/val/a").mkdir(parents=True)
    for name in ("photos/val/a/1.png", "boxes.csv"):
        (tmp_path / name).touch()
    (tmp_path / "all.yaml").write_text(yaml.safe_dump({"studies": [*studies, own]}))
    first, second = (asked_for([*profile, "--attempt", number], tmp_path / "all.yaml", tmp_path) for number in "12")
    on_the_cluster = rules().keys() - {"download_data"}
    assert on_the_cluster <= first.keys()
    for name in on_the_cluster:
        assert second[name] == tuple(str(2 * int(asked)) for asked in first[name]), name


def test_what_a_study_cannot_have_is_one_sentence(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "own.yaml").write_text(OWN)
    shutil.copytree(ROOT / "config", tmp_path / "config")
    result = plan(tmp_path, "results/own/figures/mitigation.pdf", config=tmp_path / "own.yaml")
    text = result.stdout + result.stderr
    words = "figure mitigation: study own has no inputs for it, expected a comparison in analysis.mitigation"
    assert result.returncode == 1 and words in text and "KeyError" not in text, text[-2000:]
    result = plan(tmp_path, config=tmp_path / "own.yaml")
    assert result.returncode == 0, result.stderr
    text = result.stdout + result.stderr
    assert text.count("study own: no training images (data.train_images), so nothing is trained here") == 1
    assert "train_network" not in text and "check_classifier" in text


def test_own_yaml_plans_once_its_files_are_there(tmp_path):
    text = (ROOT / "config/own.yaml").read_text()
    for path in re.findall(r"^ *data: .*path: ([^,}]+)", text, re.M):
        (tmp_path / path).mkdir(parents=True)
    shutil.copytree(ROOT / "config", tmp_path / "config", dirs_exist_ok=True)
    result = plan(tmp_path, config=ROOT / "config/own.yaml")
    assert result.returncode == 0, result.stderr
    shaped = "from: torchvision\n        preprocessing: {resize: 256, crop: 224}"
    dear = text.replace("method: ranked", "method: refined").replace("from: torchvision", shaped)
    (tmp_path / "dear.yaml").write_text(dear)
    dear = plan(tmp_path, config=tmp_path / "dear.yaml")
    assert "takes 414,264 passes" in dear.stdout + dear.stderr and "passes for each" not in result.stdout + result.stderr, (
        dear.stdout
    )
    rows = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(rows) <= 15


def test_the_catalogues_snakefile_is_the_workflow():
    """The workflow catalogue looks for workflow/Snakefile, and plans with the config under .test."""
    places = ("Snakefile", "workflow/Snakefile")
    found = [run(ROOT / ".test", "-n", "--nolock", "--snakefile", ROOT / place) for place in places]
    counts = [re.findall(r"^(\w+)\s+(\d+)$", result.stdout, re.M) for result in found]
    assert counts[0] == counts[1] and ("train_network", "1") in counts[0], found[1].stderr
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"] and usage["report"]


def test_a_clone_can_be_a_module_of_another_workflow(tmp_path):
    shutil.copytree(ROOT / ".test" / "config", tmp_path / "config")
    (tmp_path / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n\n\nmodule overinterpretation:\n    snakefile:\n'
        f'        "{ROOT}/workflow/Snakefile"\n    config:\n        config\n\n\nuse rule * from overinterpretation\n'
    )
    target = "results/smallest/data/data.json"
    result = run(tmp_path, target)
    assert result.returncode == 0 and (tmp_path / target).is_file(), result.stderr
