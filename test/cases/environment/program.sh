export MADE=made
# It waits without a child: between its fork and its exec a child is bash as well.
mkfifo silence
exec 3<> silence
touch ready
until [ -e go ]; do read -rt 0.01 -u 3; done
say() {
  for name in GROW SAME MADE; do
    value=${!name}
    echo "$1 $name ${value:0:5} ${#value}"
  done
  for name in GROW SAME MADE; do
    value=$(printenv "$name")
    echo "child $name ${value:0:5} ${#value}"
  done
}
{
  say self
  GROW=again$GROW SAME=$SAME-again MADE=
  say later
  unset GROW SAME
  say last
} > verdict
mv verdict result
