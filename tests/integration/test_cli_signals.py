"""`celltrial signals` on small files: what is cleaned is told, what is missing too, and no verdict is printed."""

from __future__ import annotations

import json

TABLE = """caseid,caseversion,drug,pt,lot
1,1,Yescarta,Pyrexia,L1
1,2,Yescarta,Neurotoxicity,L1
2,1,axi-cel,Neurotoxicity,L1
2,1,axi-cel,Neurotoxicity,L1
3,1,Aspirin,Pyrexia,
4,1,阿基仑赛,Neurotoxicity,L4
5,1,,Pyrexia,
6,1,Aspirin,Nausea,
"""


def test_versions_repeats_names_and_batches_are_told(celltrial, tmp_path):
    (tmp_path / "r.csv").write_text(TABLE, encoding="utf-8")
    code, out, err = celltrial("signals", tmp_path / "r.csv", "--least", "1", "--json", "--out", tmp_path / "s.csv")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["cases"] == 5
    assert said["cleaning"] == {
        "rows": 8, "repeated": 1, "older_versions": 1, "empty": 1,
        "renamed": {"Yescarta": "axicabtagene ciloleucel", "axi-cel": "axicabtagene ciloleucel", "阿基仑赛": "axicabtagene ciloleucel"},
        "cases_of_one_batch": {"L1": ["1", "2"]},
    }  # fmt: skip
    [pair] = said["pairs"]
    assert (pair["product"], pair["event"], pair["a"], pair["b"], pair["c"], pair["d"]) == (
        "axicabtagene ciloleucel", "Neurotoxicity", 3, 0, 0, 2,
    )  # fmt: skip
    assert (tmp_path / "s.csv").read_text().startswith("product,event,a,b,c,d,E,")


def test_the_page_says_what_the_numbers_are_not(celltrial, tmp_path):
    (tmp_path / "r.csv").write_text(TABLE, encoding="utf-8")
    for language, sentence in (("en", "not rates of what happened"), ("zh", "而非发生率")):
        code, out, _ = celltrial("signals", tmp_path / "r.csv", "--least", "1", "--lang", language)
        assert code == 0
        assert sentence in out
        assert "L1" in out


def test_what_was_not_looked_for_and_what_is_not_listed_is_said_and_no_0_stands_for_it(celltrial, tmp_path):
    (tmp_path / "r.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "bare.csv").write_text("case,drug,pt\n1,Yescarta,Pyrexia\n2,Aspirin,Nausea\n", encoding="utf-8")
    _, told, _ = celltrial("signals", tmp_path / "r.csv", "--least", "1")
    assert "earlier versions, left out too: 1." in told
    assert "product  event" in told
    for language, versions, listed in (
        ("en", "No column tells versions", "none is listed"),
        ("zh", "没有版本列", "不列出"),
    ):
        _, said, _ = celltrial("signals", tmp_path / "bare.csv", "--least", "3", "--lang", language)
        assert versions in said
        assert listed in said
        assert "IC025" not in said
    _, out, _ = celltrial("signals", tmp_path / "bare.csv", "--json")
    assert json.loads(out)["cleaning"]["older_versions"] is None


def test_a_comparator_narrows_whom_the_product_is_compared_with(celltrial, tmp_path):
    (tmp_path / "r.csv").write_text(TABLE + "7,1,Ibuprofen,Nausea,\n", encoding="utf-8")
    code, out, _ = celltrial("signals", tmp_path / "r.csv", "--comparator", "Aspirin", "--least", "1", "--json")
    assert code == 0
    assert (json.loads(out)["cases"], json.loads(out)["comparator"]) == (5, ["Aspirin"])


def test_what_cannot_be_counted_is_said(celltrial, tmp_path):
    (tmp_path / "a.csv").write_text("patient,drug\n1,Yescarta\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("case,drug,pt\n,,\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("case,drug,pt\n1,Aspirin,Nausea\n", encoding="utf-8")
    (tmp_path / "d.parquet").write_bytes(b"no parquet")
    for words, fault in (
        (("a.csv",), "EXC-190"),
        (("b.csv",), "EXC-192"),
        (("c.csv",), "EXC-193"),
        (("c.csv", "--product", "Yescarta"), "EXC-193"),
        (("d.parquet",), "EXC-191"),
        (("none.csv",), "APP-001"),
    ):
        code, out, err = celltrial("signals", tmp_path / words[0], *words[1:])
        assert (code, out, err[:7]) == (2, "", fault), words


def test_the_commands_of_a_registry_say_it_in_both_languages_and_refuse_what_has_no_value(celltrial):
    code, out, _ = celltrial("registry", "size", "--rate", "0.001", "--persons", "300")
    assert code == 0
    assert "25.9%" in out
    assert "2,995" in out
    code, out, _ = celltrial("registry", "watch", "--expected", "5", "--least", "3", "--json")
    assert code == 0
    assert abs(json.loads(out)["critical_value"] - 2.803955) < 1e-6
    code, out, _ = celltrial("registry", "watch", "--lang", "zh")
    assert code == 0
    assert "对数似然比" in out
    code, _, err = celltrial("registry", "watch", "--expected", "1", "--least", "4")
    assert (code, err[:7]) == (2, "EXC-195")
