"""What staff sees and may change. Rows that others are counted by are read-only here."""

from collections.abc import Iterable
from typing import Any

import allauth.account.admin  # noqa: F401  registers what is taken back below
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import cached_property

from hub import counts, labels
from hub.models import (
    Account,
    Audit,
    Batch,
    Decision,
    Image,
    Job,
    Label,
    LabelEdge,
    LabelName,
    LabelProposal,
    Place,
    Removal,
    Report,
    Submission,
    TrainedModel,
    TrainingRequest,
)
from hub.moderation import moderating
from hub.operations import quotas, retrying
from hub.reasons import FILES, MODERATED, TAKEDOWNS
from hub.views.decorators import visitor
from workers.celery import ring

admin.site.site_header = admin.site.site_title = "Deep Images Hub"
# Whoever edits groups or the address a password is reset by could raise their own rights.
for model in (Group, EmailAddress):
    admin.site.unregister(model)
# The admin's own login has no throttle; allauth's has.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")


def _above(request: HttpRequest, account: Account | None) -> bool:
    """Whether somebody else's account holds any right: to set its password would be to take the right."""
    if account is None or account == request.user:
        return False
    return account.is_staff or account.is_superuser or account.groups.exists() or account.user_permissions.exists()


class Bounded(Paginator):
    """Counts exactly up to `MOST`; beyond, a whole table as Postgres last estimated it, and of a question no more."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        first = rows.order_by()[: self.MOST + 1].count()
        if first <= self.MOST or rows.query.where:
            return first
        with connection.cursor() as cursor:
            table = rows.model._meta.db_table
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
            return max(first, cursor.fetchone()[0])


def among(name: str, values: Iterable[str]) -> type[admin.SimpleListFilter]:
    """A filter by these values of a field: to learn which occur, Django would read the whole table."""
    known = tuple(values)

    class Among(admin.SimpleListFilter):
        title = parameter_name = name

        def lookups(self, request: HttpRequest, model_admin):
            return [(value, value) for value in known]

        def queryset(self, request: HttpRequest, queryset):
            return queryset.filter(**{name: self.value()}) if self.value() in known else queryset

    return Among


def _try_again(model: admin.ModelAdmin, request: HttpRequest, failed) -> None:
    """As the operations page does it."""
    opened, left = retrying.try_again(failed, visitor(request))
    ring(*opened)
    model.message_user(request, f"Tried again: {len(opened)}." + (f" Nothing to do: {left}." if left else ""))


class ReadOnly(admin.ModelAdmin):
    """Rows the hub's own code alone writes."""

    paginator = Bounded
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(UserAdmin):
    """Accounts; only a superuser gives rights, and nobody below touches a superuser."""

    list_display = ("username", "email", "plan", "is_staff", "invented", "trusted_at", "suspended_at", "date_joined")
    list_filter = ("plan", "is_staff", "is_superuser", "invented")
    fieldsets = (*UserAdmin.fieldsets, ("Hub", {"fields": ("plan", "allowance", "used_today", "credit", "invented")}))  # type: ignore[misc]
    actions = ["grant_premium", "revoke_premium"]

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        own = ("plan", "allowance") if obj == request.user else ()
        return (*self.readonly_fields, "used_today", *(() if request.user.is_superuser else (*RIGHTS, *own)))

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (request.user.is_superuser or not _above(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        if obj is not None and obj.images.exists():  # others rely on its photos: it leaves by its own page
            return False
        return super().has_delete_permission(request, obj) and request.user.is_superuser

    @admin.display(description="used today")
    def used_today(self, obj: Account) -> str:
        """How much of each quota; raise the allowance of who needs more."""
        return "; ".join(f"{quota.title}: {quota.words}" for quota in quotas.of(obj) if quota.used) or "nothing"

    @admin.action(description="Grant premium", permissions=["change"])
    def grant_premium(self, request: HttpRequest, queryset) -> None:
        others = queryset if request.user.is_superuser else queryset.exclude(pk=request.user.pk)
        self.message_user(request, f"Granted to {others.update(plan=Account.Plan.PREMIUM)} accounts.")

    @admin.action(description="Take premium back", permissions=["change"])
    def revoke_premium(self, request: HttpRequest, queryset) -> None:
        self.message_user(request, f"Taken back from {queryset.update(plan=Account.Plan.FREE)} accounts.")


class EdgeInline(admin.TabularInline):
    model = LabelEdge
    fk_name = "child"
    autocomplete_fields = ("parent",)
    extra = 0


class NameInline(admin.TabularInline):
    model = LabelName
    extra = 0


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "mid")
    search_fields = ("name", "names__text")
    inlines = [NameInline, EdgeInline]

    def changeform_view(self, request, *args, **kwargs):
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:  # the database knows cycles and repeated edges; a form sees one row
            self.message_user(request, f"Not saved: {error}".split("CONTEXT")[0], messages.ERROR)
            return HttpResponseRedirect(request.path)

    def delete_model(self, request, obj) -> None:
        super().delete_model(request, obj)
        counts.recount()

    def delete_queryset(self, request, queryset) -> None:
        super().delete_queryset(request, queryset)
        counts.recount()

    def save_related(self, request, form, formsets, change) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.names.get_or_create(text=form.instance.name)  # search reads names
        if change and any(formset.model is LabelEdge and formset.has_changed() for formset in formsets):
            counts.recount()


@admin.register(LabelProposal)
class LabelProposalAdmin(ReadOnly):
    list_display = ("name", "parent", "proposer", "state", "created_at")
    list_filter = ("state",)
    actions = ["accept", "decline"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may settle proposals."""
        return request.user.has_perm("hub.moderate")

    @admin.action(description="Accept", permissions=["decide"])
    def accept(self, request: HttpRequest, queryset) -> None:
        for proposal in queryset.filter(state="open"):
            labels.accept(proposal, visitor(request))

    @admin.action(description="Decline", permissions=["decide"])
    def decline(self, request: HttpRequest, queryset) -> None:
        for proposal in queryset.filter(state="open"):
            labels.decline(proposal, visitor(request))


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("id", "supplier", "label", "licence", "accepted", "duplicate", "rejected", "review", "failed")
    list_select_related = ("supplier", "label")
    list_filter = ("licence", "drawn")


@admin.register(Submission)
class SubmissionAdmin(ReadOnly):
    list_display = ("id", "filename", "label", "state", "reason", "created_at")
    list_select_related = ("label",)
    list_filter = ("state", among("reason", sorted(FILES | TAKEDOWNS | MODERATED)))
    search_fields = ("sha256",)
    raw_id_fields = ("image", "twin", "batch")
    actions = ["try_again"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may restart failed work."""
        return request.user.has_perm("hub.change_job")

    @admin.action(description="Try failed files again", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset) -> None:
        files = Job.objects.filter(kind=Job.Kind.INGEST, subject__in=queryset.filter(state="failed").values("pk"))
        _try_again(self, request, files)


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("id", "kind", "subject", "state", "attempt", "run_after", "lease_until", "finished_at")
    list_filter = ("state", "kind")
    actions = ["try_again"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may restart failed work."""
        return request.user.has_perm("hub.change_job")

    @admin.action(description="Try failed jobs again", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset) -> None:
        _try_again(self, request, queryset)


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ("sha256", "supplier", "format", "width", "height", "licence", "created_at", "withdrawn_at")
    list_select_related = ("supplier",)
    list_filter = ("licence", among("format", ("HEIF", "JPEG", "PNG", "WEBP")), "drawn")
    search_fields = ("sha256",)


@admin.register(Place)
class PlaceAdmin(ReadOnly):
    list_display = ("id", "city", "region", "country", "source", "looked_up_at")
    list_filter = ("source",)


@admin.register(TrainingRequest)
class TrainingRequestAdmin(ReadOnly):
    list_display = ("id", "owner", "version", "backbone", "method", "state", "phase", "reason", "created_at")
    list_select_related = ("owner", "version__dataset")
    list_filter = ("state", "backbone", "method")
    raw_id_fields = ("owner", "version", "model")


@admin.register(TrainedModel)
class TrainedModelAdmin(ReadOnly):
    list_display = ("id", "backbone", "method", "accuracy", "images", "downloads", "created_at")
    list_filter = ("backbone", "method")


@admin.register(Report)
class ReportAdmin(ReadOnly):
    list_display = ("id", "image", "reason", "state", "account", "created_at", "decided_at", "decided_by")
    list_select_related = ("image", "account", "decided_by")
    list_filter = ("state", "reason")
    search_fields = ("image__sha256",)


@admin.register(Removal)
class RemovalAdmin(ReadOnly):
    """What must not come back unseen; to lift one is a moderator's decision, and logged."""

    list_display = ("sha256", "reason", "removed_at", "lifted_at")
    list_filter = ("reason",)
    search_fields = ("sha256",)
    exclude = ("fingerprint", "mirrored")
    actions = ["lift"]

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff moderates."""
        return request.user.has_perm("hub.moderate")

    @admin.action(description="Let it come back", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset) -> None:
        for removal in queryset.filter(lifted_at=None):
            moderating.let_come_back(removal, visitor(request))


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    list_display = ("decided_at", "actor", "kind", "subject", "reason")
    list_select_related = ("actor",)
    list_filter = ("kind",)
    search_fields = ("subject",)


@admin.register(Audit)
class AuditAdmin(ReadOnly):
    list_display = ("started_at", "finished_at", "deep", "told_at")
    list_filter = ("deep",)
