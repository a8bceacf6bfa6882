"""Every stable code the hub answers with, in words: what happened, and what to do."""

from typing import Any

from django.conf import settings

MEGA = 1024 * 1024

Words = dict[str, tuple[str, str]]
# What a worker found in a file, and what the catalogue found of its picture.
FILES: Words = {
    "empty": ("The file is empty.", "Choose the photo again; it may not have finished saving."),
    "only_zeros": ("The file holds nothing but zeros.", "Copy it from the camera again and resend."),
    "metadata_too_large": (
        "The text stored beside the picture is too large.",
        "Save it without metadata, or as an ordinary JPEG.",
    ),
    "too_large": ("The file is larger than {limit_mb} MB.", "Export it smaller, or as JPEG."),
    "not_a_picture": ("This is not a picture we can read.", "Give a JPEG, PNG, WebP or HEIC photo."),
    "format_refused": (
        "This kind of file ({format}) is not taken.",
        "Export it as JPEG, PNG, WebP or HEIC and give that.",
    ),
    "animated": ("This picture moves.", "Give a single still photo."),
    "truncated": ("The end of the file is missing.", "Copy it from the camera again and resend."),
    "damaged": ("Part of the file is damaged.", "Copy it from the camera again and resend."),
    "too_many_pixels": (
        "The picture has more than {limit_mpx} megapixels.",
        "Scale it down and give it again.",
    ),
    "side_too_small": ("A side is shorter than {min_side} pixels.", "Give the photo at its original size."),
    "side_too_large": ("A side is longer than {max_side} pixels.", "Scale it down and give it again."),
    "too_narrow": ("The picture is more than ten times longer than wide.", "Crop it and give it again."),
    "too_many_scans": ("The JPEG is made of too many layers.", "Save it again as an ordinary JPEG."),
    "too_complex": ("Reading this file would take too much memory.", "Save it again as an ordinary JPEG."),
    "changed_on_the_way": ("The file arrived different from what left your device.", "Send it again."),
    "never_arrived": ("The file did not arrive.", "Send it again."),
    "same_bytes": ("Exactly this file is here already.", "Nothing to do: credit stays with the first."),
    "same_pixels": ("This picture is here already, saved differently.", "Nothing to do."),
    "same_picture": ("This picture is here already, edited or mirrored.", "Nothing to do."),
    "near_duplicate": (
        "It looks very much like a photo that is here.",
        "If it is another photo, say so and it goes in.",
    ),
    "conflicting_label": (
        "This picture is here under another label.",
        "A moderator looks which label is right; nothing to do.",
    ),
    "declined": ("You said it is the same photo.", "Nothing to do."),
    "claim_accepted": ("A moderator found your label right.", "It counts under your label now."),
    "claim_refused": ("A moderator kept the label that was here first.", "Nothing to do."),
    "withdrawn": ("You took this photo back.", "Give it again if you change your mind."),
    "our_failure": ("Something of ours failed three times on it.", "We were told, and look at it."),
}
# Why a moderator takes a photo down, or does not let it in.
TAKEDOWNS: Words = {
    "not_theirs": ("It was not yours to share.", "Give only photos that you took, or whose makers let you."),
    "private": ("It shows a person, or something private.", "Give it without faces, number plates and papers."),
    "illegal": ("It is against the law to share it.", "Do not give it again."),
    "offensive": ("It would hurt or disgust people who come upon it.", "Give photos that anybody may look at."),
    "no_photo": ("It is not a photo of what its label says, nor of any other.", "Give photos of the thing itself."),
    "too_poor": ("Too little can be seen on it to learn from.", "Give it sharper, brighter or from nearer."),
}
# Photos a moderator looks at, and what else was decided of them.
MODERATED: Words = {
    "new_account": (
        "The first photos of a new account are looked at before everybody sees them.",
        "Nothing to do: it goes in once a moderator has looked.",
    ),
    "suspended_account": (
        "This account is suspended: what it sent before waits for a moderator.",
        "Nothing to do: it is checked again if the suspension is lifted.",
    ),
    "removed_before": ("A moderator looks at this photo first.", "Nothing to do: we tell you what was decided."),
    "matched": ("A moderator looks at this photo first.", "Nothing to do: we tell you what was decided."),
    "taken_down": ("A moderator took this photo down. {because}", "If that is wrong, appeal and say why."),
}
# Why an account is suspended.
SUSPENSIONS: Words = {
    "spam": ("It was used for advertising.", "If that is wrong, write to whoever runs this hub."),
    "others_photos": ("It gave photos that were not its own.", "If that is wrong, appeal at the photos."),
    "harmful": ("It gave photos that are illegal, or hurt people.", "If that is wrong, appeal at the photos."),
    "bad_faith": ("It judged or labelled photos wrongly on purpose.", "If that is wrong, appeal at the photos."),
}
ACCOUNTS: Words = {
    "suspended": (
        "This account is suspended. {because}",
        "You can still look, take your photos back, fetch your data, appeal, and delete the account.",
    ),
    "appealed_already": ("You appealed against this before.", "A moderator decides an appeal once."),
    "not_appealable": ("There is nothing to appeal against here.", "Nothing to do."),
    "appeal_too_late": ("The file of this photo is no longer here.", "Give it again; a moderator looks at it."),
    "own_case": ("This is about you, or about what you gave or said.", "Another moderator decides it."),
    "too_many_reports": ("That were many reports in a short time.", "Wait an hour, or write to whoever runs this hub."),
}
# What a request got wrong.
REQUESTS: Words = {
    "too_many_files": ("A batch holds at most {limit} files.", "Start another batch for the rest."),
    "too_many_batches": ("You have {limit} batches without a photo.", "Send photos to one of those first."),
    "too_many_proposals": ("You have {limit} proposals waiting.", "Wait until a moderator has looked at them."),
    "too_many_requests": (
        "That were more than {limit} requests of this kind in a minute.",
        "Wait as long as Retry-After says, then go on more slowly.",
    ),
    "no_file": ("No file came with the request.", "Choose a photo first."),
    "bad_digest": ("The SHA-256 is not 64 hexadecimal digits.", "Leave it out, or send it right."),
    "bad_request": ("The request could not be read.", "Reload the page and try again."),
    "no_reason": ("No reason was chosen.", "Go back, and choose why."),
    "unknown_label": ("There is no such label.", "Choose one from the list, or propose it."),
    "label_name": (
        "That cannot be the name of a label.",
        "Give 2 to 100 characters, with a letter among them.",
    ),
    "label_exists": ("There is a label of this name already: {name}.", "Use that one."),
    "label_proposed": ("Somebody proposed this label already.", "A moderator looks at it; nothing to do."),
    "not_found": ("There is nothing here.", "Check the address, or start from the home page."),
    "gone": ("This photo was taken back.", "Its supplier withdrew it."),
    "forbidden": ("This is not yours to see or change.", "Log in with the account it belongs to."),
    "login_needed": ("You need to log in first.", "Log in and try again."),
    "token_needed": ("This needs a token.", "Make one on your account page, and send it as Authorization: Bearer."),
    "unknown_token": ("This token is not, or no longer, good.", "Make another on your account page."),
    "scope_needed": ("This token may not do that: it lacks the scope {scope}.", "Make one that has it."),
    "token_name": ("A token needs a name of at most 60 characters.", "Give it one you will know it by."),
    "token_name_taken": ("You have a token of this name.", "Take that one back, or choose another name."),
    "no_scope": ("A token needs at least one scope.", "Choose what it may do."),
    "too_many_watches": ("You watch {limit} labels.", "Watch one no more that you need less."),
    "too_many_tokens": ("You have {limit} tokens.", "Take one back that you no longer use."),
    "key_reused": ("This Idempotency-Key came before, with another request.", "Use a new key for a new request."),
    "key_in_use": ("The request of this Idempotency-Key is being answered.", "Ask again in a moment."),
    "ambiguous_id": ("More than one version begins with {id}.", "Give more of its digits."),
    "csrf": ("The form was too old, or came from another site.", "Reload the page and send it again."),
    "wrong_method": ("That address does not take this kind of request.", "Use the page's own buttons."),
    "already_decided": ("{who} decided this meanwhile.", "{what}"),
    "link_expired": ("This link is too old.", "Go back to the page it came from."),
    "label_refused": (
        "People looked at this photo, and it does not show {label}.",
        "If they are wrong, a moderator can settle it: report the photo, and say so.",
    ),
    "paused": ("{doing} is paused for now.{note}", "Nothing is lost: try again later."),
    "quota_used_up": (
        "That is more than a day's quota ({thing}): {used} of {limit} are used.",
        "It begins anew at 00:00 UTC. Whoever runs this hub can give you more.",
    ),
    "away": ("The hub is catching its breath.", "Nothing is lost; try again in a few seconds."),
    "server_error": ("Something of ours broke.", "We were told. Try again in a moment."),
}

# What stands between a selection and a dataset.
DATASETS: Words = {
    "no_labels": ("No label is chosen.", "Choose at least two labels."),
    "one_class": ("Only one label is chosen.", "Choose another: a dataset tells at least two labels apart."),
    "too_many_labels": ("A dataset takes at most {limit} labels.", "Choose a label above them, with its kinds."),
    "label_twice": ("A label is chosen twice.", "Leave one of the two out."),
    "unknown_filter": ("There is no filter {field}.", "Leave it out; the page about the API lists those there are."),
    "bad_filter": ("{value} is not a value of {field}.", "The page about the API says which there are."),
    "shares_do_not_sum": (
        "The shares {shares} do not add up to 1.",
        "Make train, validation and test add up to 1: to 100 % on the page.",
    ),
    "no_training_share": ("Nothing would be left to train on.", "Give train a share."),
    "nothing_selected": ("No photo matches this selection.", "Loosen a filter, or ask for photos."),
    "empty_class": ("No photo of {label} matches.", "Leave the label out, loosen a filter, or ask for photos."),
    "overlap_undecided": (
        "{n} photos carry two of the chosen labels.",
        "Say what should become of them: leave them out, keep the first label, or keep all.",
    ),
    "too_few_groups": (
        "{label} has {groups} distinct photos, too few for a share of {split}: it needs {missing} more.",
        "Ask for photos, change the shares, or leave the label out.",
    ),
    "dataset_name": ("A dataset needs a name of at most 100 characters.", "Give it one."),
    "dataset_is_public": ("A public dataset stays: others may have cited it.", "Nothing to do."),
    "not_frozen": ("This version is not frozen yet.", "Wait until it is."),
    "unknown_format": ("There is no format {format}.", "Choose imagefolder, coco, webdataset or parquet."),
    "unknown_side": ("Pictures do not come at the size {side}.", "Choose 224, 299, 1024 or original."),
    "not_packed": ("This archive is not packed yet.", "Wait until it is ready."),
    "archive_gone": (
        "This link is for an archive that is no longer given out: a photo in it was taken back.",
        "Open the version's page and pack it again.",
    ),
    "link_not_yours": ("This link was made for another account.", "Make one of your own on the version's page."),
    "bad_range": ("The file has {size} bytes: that part lies beyond its end.", "Ask for a part that exists."),
    "nothing_changed": (
        "Nothing has changed since version {number}.",
        "Use that version: freezing the same photos again gives the same id.",
    ),
    "version_gone": ("The dataset was deleted meanwhile.", "Nothing to do."),
}

# What stands between a wish and a trained model.
TRAININGS: Words = {
    "premium_needed": (
        "Training a model takes a premium account.",
        "Everybody may look at finished models and fetch their files; whoever runs this hub grants premium.",
    ),
    "training_already": ("You have a training that waits or runs.", "Let it end, or cancel it first."),
    "training_ended": ("This training has ended already.", "Reload the page to see how."),
    "no_training_worker": (
        "No training worker has reported to this hub yet.",
        "Try again in a minute; if it stays so, tell whoever runs the hub.",
    ),
    "unknown_backbone": ("There is no backbone {backbone}.", "Choose vgg16, vgg19, inceptionv3, xception or scratch."),
    "unknown_method": ("There is no method {method}.", "Choose probe, transfer, finetune or full."),
    "bad_number": ("{field} must be a whole number of at most {most}.", "Correct it, or leave it out."),
    "weights_missing": (
        "The pretrained weights of {backbone} are not on this hub, and could not be fetched.",
        "Train from scratch, or ask whoever runs the hub to put them into HUB_WEIGHTS_DIR.",
    ),
    "weights_damaged": (
        "The file of pretrained weights of {backbone} is not the published one.",
        "Train from scratch, or ask whoever runs the hub to replace the file.",
    ),
    "several_labels": (
        "{n} photos of this version carry several of its labels.",
        "A model gives each photo one label: freeze a version that leaves those photos out, or keeps the first.",
    ),
    "empty_part": ("Nothing of this version is in {split}.", "Freeze a version with a share for it."),
    "empty_split": ("Nothing of this version is left in {split}.", "Ask again, or freeze another version."),
    "too_many_classes": ("{n} labels are more than a model takes: {limit}.", "Choose fewer labels."),
    "too_few_to_train": (
        "{label} has {groups} distinct photos; a class needs {needed}.",
        "Ask for {missing} more, or leave the label out. Watch it, and a mail tells you when there are {watched}.",
    ),
    "too_few_test_groups": (
        "Only {groups} distinct photos are held out for the test; it takes {needed}.",
        "Freeze a version with a larger share for test.",
    ),
    "too_unbalanced": (
        "The largest class has {times} times the photos of the smallest.",
        "Cap the large class, or ask for photos of the small one.",
    ),
    "few_to_train": (
        "{label} has only {groups} distinct photos: expect wide error margins.",
        "From {well} on it gets better.",
    ),
    "unbalanced": (
        "The largest class has {times} times the photos of the smallest.",
        "The training weighs the classes; more photos of the small one would do more.",
    ),
    "images_withdrawn": (
        "{n} photos of this version were taken back while the training ran.",
        "Ask again: the new model learns without them.",
    ),
    "version_failed": ("The photos could not be frozen into a version.", "The dataset's page says why."),
    "picture_unreadable": ("A photo of this version can no longer be decoded.", "We were told. Ask again later."),
    "picture_gone": ("A photo of this version could not be found.", "We were told. Ask again later."),
    "empty_class": DATASETS["empty_class"],
    "loss_not_finite": (
        "The training ran away in epoch {epoch}: its loss is no longer a number.",
        "Ask again with another seed or method.",
    ),
    "out_of_memory": (
        "The training needed more memory than its worker has.",
        "Choose a smaller backbone or method, or ask whoever runs the hub for a larger worker.",
    ),
    "disk_full": ("The disk of the training worker is full.", "We were told. Ask again later."),
    "artefacts_disagree": (
        "The exported file {file} did not answer as the model does, so none was given out.",
        "We were told. Ask again later.",
    ),
    "artefact_broken": (
        "The exported file {file} did not answer at all, so none was given out.",
        "We were told. Ask again later.",
    ),
    "worker_lost": (
        "The training worker was lost three times, most likely for want of memory.",
        "Choose a smaller backbone or method, or ask again later.",
    ),
    "too_many_pictures": ("That is more than {limit} pictures at once.", "Send fewer in one request."),
    "no_predict_worker": ("The worker that tries pictures did not answer in time.", "Try again in a moment."),
    "model_file_gone": ("A file of this model is missing or damaged.", "We were told."),
}

# What stands between a reviewer and a verdict, and what is told of one that came late.
VERDICTS: Words = {
    "reviewing_paused": (
        "You are not asked for verdicts at present.",
        "Too many answers to questions we know the answer of came out wrong; a moderator can lift this.",
    ),
    "careless_verdicts": (
        "Too many of your answers to questions we know the answer of came out wrong.",
        "You are not asked for verdicts at present; a moderator can lift this.",
    ),
    "nothing_to_take_back": ("There is nothing to take back.", "A verdict can be taken back for 15 minutes."),
    "judged_before": ("You had judged this before, and said the same.", "Nothing to do."),
    "judged_again": ("You had judged this before: the new verdict counts.", "Nothing to do."),
    "decided_meanwhile": ("Others decided this meanwhile; your verdict is kept all the same.", "Nothing to do."),
}

REASONS: Words = FILES | TAKEDOWNS | MODERATED | SUSPENSIONS | ACCOUNTS | REQUESTS | DATASETS | TRAININGS | VERDICTS


def words(code: str, detail: dict[str, Any] | None = None) -> str:
    """What happened, in a sentence."""
    return REASONS[code][0].format_map(_Known(detail or {}))


def advice(code: str, detail: dict[str, Any] | None = None) -> str:
    """What to do about it, in a sentence."""
    return REASONS[code][1].format_map(_Known(detail or {}))


def choices(reasons: Words) -> list[tuple[str, str]]:
    """Codes with their words, to choose from."""
    return [(code, said) for code, (said, _) in reasons.items()]


class _Known(dict):
    """The numbers a sentence may name, the hub's limits among them."""

    def __missing__(self, name: str) -> str:
        limits = {
            "limit_mb": settings.MAX_FILE_BYTES // MEGA,
            "limit_mpx": settings.MAX_PIXELS // 1_000_000,
            "min_side": settings.MIN_SIDE,
            "max_side": settings.MAX_SIDE,
            "limit": settings.MAX_BATCH_FILES,
            "watched": settings.WATCH_TARGET,
            "format": "GIF, TIFF, PDF, SVG …",
            "who": "Somebody",
            "what": "Reload the page to see what was decided.",
            # The reason of a reason, by its code.
            "because": words(self["why"]) if self.get("why") in REASONS else "",
        }
        return str(limits.get(name, "?"))
