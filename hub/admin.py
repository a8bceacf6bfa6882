"""What staff sees and may change. Rows that others are counted by are read-only here."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseRedirect

from hub import counts, jobs, labels, submissions
from hub.models import Account, Batch, Image, Job, Label, LabelEdge, LabelName, LabelProposal, Place, Submission
from hub.views.decorators import visitor
from workers.celery import ring

admin.site.site_header = admin.site.site_title = "Deep Images Hub"
# The admin's own login has no throttle; allauth's has.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")


class ReadOnly(admin.ModelAdmin):
    """Rows the hub's own code alone writes."""

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(UserAdmin):
    """Accounts; only a superuser gives rights, and nobody below touches a superuser."""

    list_display = ("username", "email", "plan", "is_staff", "invented", "date_joined")
    list_filter = ("plan", "is_staff", "is_superuser", "invented")
    fieldsets = (*UserAdmin.fieldsets, ("Hub", {"fields": ("plan", "credit", "invented")}))  # type: ignore[misc]
    actions = ["grant_premium", "revoke_premium"]

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        return (*self.readonly_fields, *(() if request.user.is_superuser else RIGHTS))

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        above = obj is not None and (obj.is_superuser or obj.is_staff) and obj != request.user
        return super().has_change_permission(request, obj) and (request.user.is_superuser or not above)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and request.user.is_superuser

    @admin.action(description="Grant premium", permissions=["change"])
    def grant_premium(self, request: HttpRequest, queryset) -> None:
        self.message_user(request, f"Granted to {queryset.update(plan=Account.Plan.PREMIUM)} accounts.")

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

    def save_related(self, request, form, formsets, change) -> None:
        super().save_related(request, form, formsets, change)
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
    list_filter = ("state", "reason")
    search_fields = ("sha256",)
    raw_id_fields = ("image", "twin", "batch")
    actions = ["try_again"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may restart failed work."""
        return request.user.has_perm("hub.change_job")

    @admin.action(description="Try failed files again", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset) -> None:
        opened = submissions.retry(queryset)
        ring(*opened)
        self.message_user(request, f"{len(opened)} files are tried again.")


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
        failed = queryset.filter(state="failed")
        files = failed.filter(kind=Job.Kind.INGEST).values_list("subject", flat=True)
        opened = submissions.retry(Submission.objects.filter(pk__in=list(files)))
        others = list(failed.exclude(kind=Job.Kind.INGEST))
        jobs.retry(others)
        ring(*opened, *others)
        self.message_user(request, f"{len(opened) + len(others)} jobs are tried again.", messages.SUCCESS)


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ("sha256", "supplier", "format", "width", "height", "licence", "created_at", "withdrawn_at")
    list_select_related = ("supplier",)
    list_filter = ("licence", "format", "drawn")
    search_fields = ("sha256",)
    show_full_result_count = False


@admin.register(Place)
class PlaceAdmin(ReadOnly):
    list_display = ("id", "city", "region", "country", "source", "looked_up_at")
    list_filter = ("source",)
