from bench.seconds import summary


def test_kinds_of_attack_are_summed_up() -> None:
    lines = [
        ("codecs", "`a`", "5", "≤ 5", "", ""),
        ("codecs", "`b`", "more than 60 ✗", "≤ 5", "", ""),
        ("codecs", "`c`", "12 ✗", "≤ 5", "", ""),
        ("rooms", "`d`", "8", "≤ 15", "", ""),
    ]
    assert list(summary(lines)) == [
        ("codecs", "3", "5 to more than 60", "≤ 5", "1 of 3"),
        ("rooms", "1", "8", "≤ 15", "1 of 1"),
    ]
