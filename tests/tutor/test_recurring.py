"""What comes back: a fold over the journals in which neither order nor repetition counts."""

import random

from tutor.recurring import Stop, latest_stop, recurring


def answer(n, question, text, fault=None, verdict="wrong", lesson="a", session="s"):
    return {
        "v": 1, "s": session, "n": n, "kind": "answer", "lesson": lesson, "question": question, "text": text,
        "fault": fault, "verdict": verdict, "points": 0.0,
    }  # fmt: skip


def place(n, lesson, place, time, session="s"):
    return {
        "v": 1, "s": session, "n": n, "kind": "place", "lesson": lesson, "place": place, "cursor": 0, "time": time,
        "of": 3.0, "last": False,
    }  # fmt: skip


RECORDS = [
    answer(1, "q1", "x", "sign"),
    answer(2, "q1", "x", "sign"),  # the same text again is no second mistake
    answer(3, "q1", "y", "sign"),
    answer(4, "q2", "z", "missing-factor"),
    answer(5, "q2", "w", "missing-factor"),
    answer(6, "q3", "z", "missing-factor", lesson="b"),
    answer(7, "q2", "right", verdict="right"),
    answer(8, "q4", "u", "unknown"),
    answer(9, "q4", "v", "unknown"),
    answer(10, "q5", "once", "ascent"),
]


def test_mistakes_that_came_back_the_most_frequent_first_open_questions_first():
    first, second = recurring(RECORDS)
    assert (first.fault, first.count) == ("missing-factor", 3)
    assert [(w.lesson, w.question, w.count, w.mended) for w in first.places] == [
        ("b", "q3", 1, False),
        ("a", "q2", 2, True),
    ]
    assert (second.fault, second.count) == ("sign", 2)


def test_order_and_repetition_count_for_nothing():
    places = [place(11, "a", 3, 5.0), place(12, "b", 1, 7.0), place(1, "c", 9, 6.0, "t")]
    shuffled = [*RECORDS, *places, *RECORDS, *places]
    random.Random(1).shuffle(shuffled)
    assert recurring(shuffled) == recurring(RECORDS)
    assert latest_stop(shuffled) == latest_stop(places) == Stop("b", 1)


def test_broken_and_foreign_records_are_passed_over():
    broken = [{}, {"s": "x", "n": 1}, {"s": "x", "n": 2, "kind": "answer"}, {"s": 3, "n": "4", "kind": "place"}]
    broken.append({"s": "x", "n": 5, "kind": "answer", "fault": ["sign"], "lesson": {}, "question": 1})
    broken.append({**place(6, "a", 1, 1.0), "time": "noon"})
    assert recurring(broken) == ()
    assert latest_stop(broken) is None
