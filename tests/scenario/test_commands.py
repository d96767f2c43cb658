"""Every subcommand of `/maildesk`, as support types it."""

from tests.support.world import ACME, ALERTS, DESK, BotWorld


def test_setup_without_a_name_opens_a_form_and_binds_the_channel(world: BotWorld) -> None:
    world.vera.slash(ACME, "setup")
    form = world.vera.window("Set up this channel")
    assert world.vera.submit(form, {"Customer": "x" * 81}) == {"Customer": "At most 80 characters."}
    assert world.vera.submit(form, {"Customer": "  Acme   Marine "}) == {}
    assert (
        "Acme Marine" in world.carol.find(ACME, "Connect your Microsoft 365 mailboxes").data["text"]
    )

    world.vera.slash(ACME, "setup Somebody Else")
    assert "already belongs to Acme Marine" in world.vera.find(ACME, "belongs to").text


def test_add_and_list_and_status(world: BotWorld) -> None:
    world.set_up()
    world.vera.slash(ACME, "add")
    values = {"Account name": "Info", "Sender name": "Acme", "Sender email": "info@acme.example"}
    assert world.vera.submit(world.vera.window("Corporate"), values) == {}
    world.card("Info", "Waiting for the sign-in")

    world.vera.slash(ACME, "list")
    window = world.vera.window("Accounts of Acme")
    assert "info@acme.example" in window.text
    world.vera.press(window, "Details")
    assert "Waiting for the sign-in" in world.vera.window("Info", "Mailbox").text

    for named in ("info", "INFO@acme.example", world.account("Info").ref.lower()):
        world.vera.slash(ACME, f"status {named}")
    world.settle()
    answers = [
        m
        for m in world.vera.messages(ACME)
        if m.data["ephemeral"] and "Waiting for the sign-in" in m.text
    ]
    assert len(answers) == 3
    world.vera.slash(ACME, "status nobody")
    world.vera.find(ACME, "There is no account `nobody`")


def test_login_test_and_folders(world: BotWorld) -> None:
    world.set_up()
    world.add("info@acme.example", "Info")
    world.vera.slash(ACME, "test Info")
    world.vera.find(ACME, "Nobody has signed in to Microsoft for Info yet")
    world.vera.slash(ACME, "folders Info")
    world.vera.find(ACME, "is not connected yet")

    before = world.card("Info").url("Sign in to Microsoft")
    world.vera.slash(ACME, "login Info")
    world.vera.find(ACME, "new login link")
    world.settle()
    card = world.card("Info")
    assert card.url("Sign in to Microsoft") != before
    world.sign_in(card, "info@acme.example")
    world.card("Info", "folders not mapped yet")

    world.vera.slash(ACME, "test all")
    world.vera.find(ACME, "Tests started: 1")
    world.vera.slash(ACME, "test all")
    assert "all of them again after <!date^" in world.vera.find(ACME, "tested a moment ago").text
    world.settle()
    world.vera.slash(ACME, "folders Info")
    assert world.vera.submit(world.vera.window("Which folders of"), {"Sent": "Projekte"}) == {}
    assert "Sent: Projekte" in world.card("Info", "Live").text


def test_help_depends_on_who_asks(world: BotWorld) -> None:
    world.set_up()
    world.vera.slash(ACME, "help")
    assert "/maildesk setup" in world.vera.find(ACME, "There is a button for everything").text
    world.nils.slash(ACME, "help")
    assert "/maildesk setup" not in world.nils.find(ACME, "You can look on here").text
    world.vera.slash(ACME, "error")
    world.vera.find(ACME, "Add an error ID")
    world.vera.slash(ACME, "login")
    world.vera.find(ACME, "Which account?")


def test_a_copy_begins_with_the_domain_and_needs_only_the_rest(world: BotWorld) -> None:
    world.set_up()
    card = world.add("info@acme.example", "Info")
    world.vera.slash(ACME, "copy info")
    form = world.vera.window("Corporate")
    assert form.inputs["Sender email"]["element"]["initial_value"] == "@acme.example"
    world.carol.press(card, "More")
    world.carol.press(world.carol.window("Info"), "Create copy")
    form = world.carol.window("Corporate")
    assert "Sender email" in world.carol.submit(
        form, {"Account name": "Office", "Sender email": "@acme.example"}
    )
    assert (
        world.carol.submit(form, {"Account name": "Office", "Sender email": "office@acme.example"})
        == {}
    )
    world.card("Office", "office@acme.example")


def test_open_alerts_are_listed_for_on_call(world: BotWorld) -> None:
    world.omar.slash(DESK, "alerts")
    world.omar.window("There are no open alerts")
    world.set_up()
    world.throw("application-secret-expired")
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    world.omar.slash(DESK, "alerts")
    world.omar.window("secret has expired", "MX-")


def test_who_mentions_us_reads_the_open_alerts_without_a_window(world: BotWorld) -> None:
    world.throw("application-secret-expired")
    world.set_up()
    world.sign_in(world.add("info@acme.example", "Info"), "info@acme.example")
    world.omar.say(ALERTS, "@Maildesk alerts")
    world.omar.find(ALERTS, "Alerts: 1", "secret has expired")


def test_maintenance_is_planned_in_a_window(world: BotWorld) -> None:
    world.omar.slash(DESK, "maintenance")
    form = world.omar.window("What fails during maintenance alerts nobody")
    given = {"From, time": "ten", "Reason": "New servers"}
    assert world.omar.submit(form, given) == {"From, time": "Please write a time like 22:00."}


def test_the_error_in_a_message_is_looked_up_by_its_shortcut(world: BotWorld) -> None:
    def choose(text: str) -> None:
        ts = world.vera.say(ACME, text)["ts"]
        world.vera._post("shortcut", callback_id="error.message", channel=ACME, ts=ts)

    choose("It says AADSTS50105: The signed in user is not assigned to a role for the application.")
    world.vera.window("not assigned")
    choose("Good morning")
    world.vera.window("do not recognise this text")
