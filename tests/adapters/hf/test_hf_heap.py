"""What a loaded model frees, its process keeps: no page is asked of the kernel twice."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytest.importorskip("torch", reason="a local model needs torch")
pytest.importorskip("transformers", reason="a local model needs transformers")

from tests.support.tiny_models import tiny_llama

ROUNDS, PAGES = 20, 4 * 2048  # of 4 KiB, in the four blocks of 8 MiB that a round frees
# Left alone, glibc moves its threshold by what was freed before: fixed, each block is the kernel's own.
UNKEPT = {"GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={2**20}"}
SCRIPT = """
import resource, sys
import torch
from harness.adapters.hf.adapter import HuggingFace
from harness.schema import Profile

def work(times):
    for _ in range(times):
        [torch.ones(2 * 2**20) for _ in range(4)]  # 8 MiB each, as what a layer holds, and frees

def faults():
    work(3)  # a heap still finds room for small things beside the blocks, and may grow by one
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    work(int(sys.argv[2]))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
HuggingFace(Profile("tiny", "huggingface", model=sys.argv[1], settings={"device": "cpu"})).prepare()
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another malloc keeps what it likes")
def test_a_layers_output_costs_page_faults_once_and_not_each_time(tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tiny_llama(tmp_path)), str(ROUNDS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | UNKEPT)
    before, after = map(int, done.stdout.split())
    assert before >= ROUNDS * PAGES
    assert after <= PAGES
