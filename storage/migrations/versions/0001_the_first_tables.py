"""The first tables."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "auditentry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("auditentry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auditentry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_auditentry_subject"), ["subject"], unique=False)

    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "job",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_due_at"), ["due_at"], unique=False)

    op.create_table(
        "lane",
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lane_due_at"), ["due_at"], unique=False)

    op.create_table(
        "outboxitem",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("thread_key", sa.String(), nullable=False),
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("given_up", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("outboxitem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outboxitem_key"), ["key"], unique=False)
        batch_op.create_index(
            "ix_outboxitem_waiting", ["channel_id", "done_at", "id"], unique=False
        )

    op.create_table(
        "postedmessage",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("account_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminder_channel_id"), ["channel_id"], unique=False)

    op.create_table(
        "seenevent",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("seenevent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seenevent_at"), ["at"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("sender_email", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "listed",
                "created",
                "awaiting_sign_in",
                "awaiting_admin",
                "testing",
                "failing",
                "unmapped",
                "live",
                "broken",
                "disconnected",
                name="state",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_since", UtcDateTime(), nullable=False),
        sa.Column(
            "owner",
            sa.Enum(
                "user",
                "administrator",
                "support",
                "on-call",
                "microsoft",
                "maildesk",
                name="owner",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("signed_in_as", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_team", sa.String(), nullable=False),
        sa.Column("created_by_user", sa.String(), nullable=False),
        sa.Column("nag_rung", sa.Integer(), nullable=False),
        sa.Column("nag_due_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "address_key"),
        sa.UniqueConstraint("ref"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_channel_id"), ["channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_account_nag", ["nag_due_at"], unique=False)

    op.create_table(
        "channel",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("bound_by_team", sa.String(), nullable=False),
        sa.Column("bound_by_user", sa.String(), nullable=False),
        sa.Column("bound_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "connectiontest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("asked_by_team", sa.String(), nullable=False),
        sa.Column("asked_by_user", sa.String(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("connectiontest", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_connectiontest_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "failure",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column(
            "owner",
            sa.Enum(
                "user",
                "administrator",
                "support",
                "on-call",
                "microsoft",
                "maildesk",
                name="owner",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "scope",
            sa.Enum(
                "mailbox",
                "tenant",
                "application",
                "microsoft",
                name="scope",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "permanence",
            sa.Enum(
                "retry",
                "after-fix",
                "sign-in-again",
                "never",
                name="permanence",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("observation", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("ref"),
    )
    with op.batch_alter_table("failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failure_cause"), ["cause"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_failure_same", ["account_id", "cause", "last_at"], unique=False)

    op.create_table(
        "folderlisting",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("listed_at", UtcDateTime(), nullable=False),
        sa.Column("folders", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "foldermapping",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "inbox",
                "sent",
                "drafts",
                "deleted",
                "junk",
                "archive",
                name="folderrole",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("server_name", sa.String(), nullable=False),
        sa.Column("shown_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "role"),
    )
    op.create_table(
        "grant",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("refreshed_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "loginticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_team", sa.String(), nullable=False),
        sa.Column("asked_by_user", sa.String(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    with op.batch_alter_table("loginticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loginticket_account_id"), ["account_id"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("open_cause", sa.String(), nullable=True),
        sa.Column("failure_ref", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("acknowledged_by", sa.String(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["failure_ref"],
            ["failure.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_cause"),
    )
    op.create_table(
        "signinflow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("state_digest", sa.String(), nullable=False),
        sa.Column("browser_digest", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["loginticket.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("state_digest"),
    )
    with op.batch_alter_table("signinflow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signinflow_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signinflow_ticket_id"), ["ticket_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("signinflow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signinflow_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_signinflow_account_id"))

    op.drop_table("signinflow")
    op.drop_table("incident")
    with op.batch_alter_table("loginticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loginticket_account_id"))

    op.drop_table("loginticket")
    op.drop_table("grant")
    op.drop_table("foldermapping")
    op.drop_table("folderlisting")
    with op.batch_alter_table("failure", schema=None) as batch_op:
        batch_op.drop_index("ix_failure_same")
        batch_op.drop_index(batch_op.f("ix_failure_customer_id"))
        batch_op.drop_index(batch_op.f("ix_failure_cause"))

    op.drop_table("failure")
    with op.batch_alter_table("connectiontest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connectiontest_account_id"))

    op.drop_table("connectiontest")
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_customer_id"))

    op.drop_table("channel")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index("ix_account_nag")
        batch_op.drop_index(batch_op.f("ix_account_customer_id"))
        batch_op.drop_index(batch_op.f("ix_account_channel_id"))

    op.drop_table("account")
    with op.batch_alter_table("seenevent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seenevent_at"))

    op.drop_table("seenevent")
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reminder_channel_id"))

    op.drop_table("reminder")
    op.drop_table("postedmessage")
    with op.batch_alter_table("outboxitem", schema=None) as batch_op:
        batch_op.drop_index("ix_outboxitem_waiting")
        batch_op.drop_index(batch_op.f("ix_outboxitem_key"))

    op.drop_table("outboxitem")
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lane_due_at"))

    op.drop_table("lane")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_due_at"))

    op.drop_table("job")
    op.drop_table("customer")
    with op.batch_alter_table("auditentry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auditentry_subject"))
        batch_op.drop_index(batch_op.f("ix_auditentry_at"))

    op.drop_table("auditentry")
