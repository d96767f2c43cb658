"""What is known of Microsoft's numbers, apart from the catalogue: who can mend it and whether
trying again helps.

Taken from Microsoft's reference of error codes and from reports of its users. Letters: U the
mailbox user, A the customer's administrator, S our support, E our engineers, M Microsoft.
"""

from storage.vocabulary import Owner

WHO = {
    Owner.USER: "U",
    Owner.ADMINISTRATOR: "A",
    Owner.SUPPORT: "S",
    Owner.ON_CALL: "E",
    Owner.MICROSOFT: "M",
}

AGAIN, FIX, AUTO, NO = "sign-in-again", "after-fix", "retry", "never"

FACTS = [
    *[(number, "UA", AGAIN) for number in (65001, 65004)],
    *[
        (number, "EA", FIX)
        for number in (65005, 650052, 650054, 650056, 650057, 90008, 700016, 700011, 70001, 7000112)
    ],
    *[
        (number, "A", FIX)
        for number in (
            90093,
            90094,
            90095,
            900941,
            900981,
            50105,
            530032,
            530035,
            53002,
            53003,
            7000229,
        )
    ],
    (90090, "M", f"{AUTO} {AGAIN}"),
    *[
        (number, "E", FIX)
        for number in (
            7000215,
            7000222,
            700027,
            7000218,
            700025,
            700229,
            70002,
            50011,
            500113,
            900971,
        )
    ],
    *[
        (number, "E", f"{NO} {FIX}")
        for number in (70003, 70005, 70011, 28002, 28003, 700022, 700023, 240002, 70004)
    ],
    *[(number, "E", NO) for number in (9002313, 900144, 90014, 90100, 90013, 50196)],
    *[
        (number, "U", AGAIN)
        for number in (
            70000,
            70008,
            700082,
            50173,
            50132,
            50133,
            50078,
            50089,
            50158,
            700020,
            50088,
        )
    ],
    *[
        (number, "UA", AGAIN)
        for number in (70043, 50072, 50074, 50076, 50079, 530036, 53004, 53010, 50055, 50144, 50135)
    ],
    (700084, "EU", AGAIN),
    *[(number, "UA", FIX) for number in (53000, 53001, 50005, 50097, 50131, 53011, 50057, 50053)],
    *[(number, "US", AGAIN) for number in (50020, 50034, 500208, 90072, 16000)],
    *[(number, "EA", FIX) for number in (50194, 500011, 1000031)],
    *[
        (number, "A", FIX)
        for number in (
            50002,
            500021,
            500022,
            500212,
            500213,
            80001,
            80007,
            80014,
            90123,
            40008,
            40015,
        )
    ],
    *[
        (number, "U", AGAIN)
        for number in (50126, 50058, 900561, 9002341, 165000, 16001, 16003, 50085, 50197)
    ],
    *[
        (number, "SE", f"{AGAIN} {FIX}")
        for number in (50059, 50128, 90002, 90038, 900382, 900432, 1000104)
    ],
    (54005, "UE", AGAIN),
    *[(number, "E", AGAIN) for number in (501481, 50147, 501491, 700005)],
    *[(number, "E", FIX) for number in (9001023, 9002332, 90124, 90130)],
    *[
        (number, "M", AUTO)
        for number in (50033, 50087, 90006, 90012, 90024, 90033, 90091, 50166, 70012, 90055)
    ],
    (40016, "MU", f"{AUTO} {AGAIN}"),
]
