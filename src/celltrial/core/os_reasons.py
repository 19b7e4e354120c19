"""Why the system refused a file: as a value, so that a reader meets it in their language."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.core.values import Value, as_written, message

_REASONS: Final[Mapping[int, Value]] = MappingProxyType(
    {
        errno.ENOENT: message("os_no_such_file"),
        errno.EACCES: message("os_permission_denied"),
        errno.EPERM: message("os_not_permitted"),
        errno.EEXIST: message("os_file_exists"),
        errno.ENOTDIR: message("os_no_folder"),
        errno.EISDIR: message("os_is_a_folder"),
        errno.ENOTEMPTY: message("os_folder_not_empty"),
        errno.ENOSPC: message("os_no_space_left"),
        errno.EDQUOT: message("os_quota_exceeded"),
        errno.EROFS: message("os_read_only"),
        errno.ENAMETOOLONG: message("os_name_too_long"),
        errno.EMFILE: message("os_too_many_files"),
        errno.ELOOP: message("os_too_many_links"),
        errno.EIO: message("os_input_output"),
        errno.EBUSY: message("os_busy"),
    }
)


def os_reason(error: BaseException) -> Value:
    """Return why the system refused; its own words where the reason has none of ours.

    >>> os_reason(PermissionError(errno.EACCES, "Permission denied")).code
    'os_permission_denied'
    >>> os_reason(OSError(errno.EXDEV, "Invalid cross-device link")).text
    'Invalid cross-device link'
    """
    known = _REASONS.get(getattr(error, "errno", None) or 0)
    return known if known is not None else as_written(getattr(error, "strerror", None) or type(error).__name__)
