"""Releases of a build to a folder, a bucket, or a bucket behind a CDN: plan, apply, verify, go back.

command      the options, the questions asked, the exit codes
deployment   the whole deploy on one page
build        the build on disk, checked as it is read
target       a ``--to`` as a store, a layout, a mode and a switch
store        the one seam to what holds objects: ``memory``, ``folder``, ``s3``
switch       the one pointer of releases mode: a symbolic link, an object, a CloudFront key
cdn          who is told to forget: ``cloudfront``, ``cloudflare``, nobody
history      the record and the releases' own documents in the state area
inspection   looks at the target and makes the plan
lock         one deploy at a time
apply        does a plan, phase by phase, in parallel
verify       reads back what was written, through the store and by HTTP
watch        follows the live site
show, progress   what people see of it
"""
